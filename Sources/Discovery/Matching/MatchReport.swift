public import Settings

/// What became of the services of one source: what is to be exported, and why the rest is not.
public struct MatchReport: Sendable {
    /// One entry per service and matching template. Entries that are as they were are the same objects.
    public var services: [MatchedService] = []
    /// The services that no template matches.
    public var unmatched: [UnmatchedService] = []
    /// What could not be rendered, or is not as it should be.
    public var problems: [MatchProblem] = []

    /// Creates an empty report.
    public init() {}
}

/// A service that no template matches.
public struct UnmatchedService: Sendable {
    /// The service.
    public var service: Service
    /// The template that came nearest, and the first of its conditions that does not hold.
    public var reason: String
}

/// Something about a service that keeps it from being exported, or should be known.
public struct MatchProblem: Sendable, CustomStringConvertible {
    /// The service.
    public var service: Service
    /// The template that matched it; empty if it is about the service itself.
    public var template: String
    /// What is wrong.
    public var reason: String
    /// The place in the configuration that led to it, if there is one.
    public var position: Position?
    /// Whether the service is not exported through this template because of it.
    public var isFatal: Bool

    /// `service: template: reason (position)`.
    public var description: String {
        let template = template.isEmpty ? "" : "\(template): "
        return "\(service): \(template)\(reason)" + (position.map { " (\($0))" } ?? "")
    }
}
