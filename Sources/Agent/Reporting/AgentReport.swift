import Analysis
import Foundation

/// Everything that a person or a program may know about what is monitored, what is not, and why.
struct AgentReport: Sendable, Codable {
    /// The agent's version.
    var version: String
    /// The agent's name.
    var agent: String
    /// When this was true, in seconds since 1970.
    var time: Double
    /// Services that an exporter template matched, by name, address, port and template.
    var services: [ServiceReport]
    /// Services that no template matched, or that could not be rendered.
    var unmatched: [UnmatchedReport]
    /// The sources, in the order of the configuration.
    var sources: [SourceReport]
    /// The exporting modules, in the order of the configuration.
    var modules: [ModuleReport] = []
    /// The alerts that go on, by start.
    var alerts: [SpotAlert] = []
}

/// A service and everything on its way from the source to the page.
struct ServiceReport: Sendable, Codable {
    /// What the service's last collections gave.
    struct Collection: Sendable, Codable {
        /// Whether the service could be reached.
        var up: Bool
        /// When the last collection ended, in seconds since 1970.
        var lastTimestamp: Double?
        /// How long it took, in seconds.
        var lastDurationSeconds: Double?
        /// How many samples are on the page.
        var samples: Int
        /// How many collections have failed, wholly or in part.
        var errors: Int
        /// The last error, if the last collection had one.
        var lastError: String?
        /// The parts (queries, files ...) that fail now, with the reason.
        var failingParts: [String: String]
        /// Why samples were left out, in words, with their number.
        var droppedSamples: [DroppedReport]
    }

    /// The name.
    var name: String
    /// The address.
    var address: String
    /// The port, if there is one.
    var port: Int?
    /// The source that reported it.
    var source: String
    /// The exporter template that matched.
    var exporter: String
    /// The kind of exporter.
    var kind: String?
    /// The tags.
    var tags: [String]
    /// The labels that its samples carry.
    var labels: [String: String]
    /// What the source knows besides.
    var metadata: [String: String]
    /// The rendered settings with secrets hidden.
    var settings: JSONValue?
    /// What decides whether its exporter can stay.
    var hash: String
    /// Which exporter of this service it is.
    var generation: UInt64?
    /// `setting_up`, `registered`, `replacing`, `backing_off`, `unregistering`.
    var state: String
    /// Since when, in seconds since 1970.
    var since: Double
    /// How often setting it up has been tried since it last worked.
    var attempts: Int
    /// Why setting it up failed last.
    var setupError: String?
    /// When it is tried next, in seconds since 1970.
    var nextAttempt: Double?
    /// What was collected; nil before the first collection.
    var collection: Collection?
    /// Whether it would be let go, but is held.
    var isHeld: Bool
}

/// Samples that were left out, and why.
struct DroppedReport: Sendable, Codable {
    /// The reason as a word.
    var reason: String
    /// The family.
    var family: String
    /// What exactly.
    var detail: String
    /// How many samples.
    var count: Int
}

/// A service that is not monitored, and why.
struct UnmatchedReport: Sendable, Codable {
    /// The name.
    var name: String
    /// The address.
    var address: String
    /// The port, if there is one.
    var port: Int?
    /// The source that reported it.
    var source: String
    /// The tags.
    var tags: [String]
    /// Why it is not monitored.
    var reason: String
}

/// A source and how it does.
struct SourceReport: Sendable, Codable {
    /// The name.
    var name: String
    /// When it was last asked, in seconds since 1970.
    var lastPoll: Double?
    /// When it last answered, in seconds since 1970.
    var lastSuccess: Double?
    /// How old the list in force is, in seconds.
    var ageSeconds: Double?
    /// How many polls in a row have failed.
    var consecutiveFailures: Int
    /// Why the last poll failed.
    var lastError: String?
    /// How many services the list in force has, after matching.
    var services: Int
    /// How many services would be let go, but are held.
    var heldRemovals: Int
    /// Until when, in seconds since 1970.
    var heldUntil: Double?
    /// Entries that were left out, and why.
    var problems: [String]
}
