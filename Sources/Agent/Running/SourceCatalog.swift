import Discovery
import Dispatching
import Logging
import Synchronization

/// A source with everything between it and the dispatcher: matching, rendering, and remembering what was left out.
final class SourceCatalog: Sendable {
    /// What the last good poll left out.
    struct Leftovers: Sendable {
        var unmatched: [UnmatchedService] = []
        var matchProblems: [MatchProblem] = []
        var sourceProblems: [SourceProblem] = []
    }

    let name: String
    private let source: any Source
    private let matcher: ServiceMatcher
    private let logger: Logger
    private let leftovers = Mutex(Leftovers())

    init(source: any Source, matcher: ServiceMatcher, logger: Logger) {
        name = source.name
        self.source = source
        self.matcher = matcher
        var logger = logger
        logger[metadataKey: "source"] = "\(source.name)"
        self.logger = logger
    }

    /// What the last good poll left out.
    var last: Leftovers { leftovers.withLock { $0 } }

    /// The source as the dispatcher takes it.
    var dispatchSource: DispatchSource {
        DispatchSource(name: name, changes: source.changes()) { try await self.poll() }
    }

    /// Asks the source and matches what it says.
    ///
    /// - Throws: What the source throws.
    func poll() async throws -> [MatchedService] {
        let listing = try await source.services()
        let report = matcher.match(listing.services, source: name)
        let fresh = Leftovers(
            unmatched: report.unmatched,
            matchProblems: report.problems,
            sourceProblems: listing.problems
        )
        let old = leftovers.withLock { leftovers in
            defer { leftovers = fresh }
            return leftovers
        }
        log(fresh, after: old)
        return report.services
    }

    /// One line for each problem when it begins, not one for each poll.
    private func log(_ fresh: Leftovers, after old: Leftovers) {
        let known = Set(old.texts)
        for text in fresh.texts where !known.contains(text) {
            logger.warning("A part of the list is left out", metadata: ["error": "\(text)"])
        }
    }
}

extension SourceCatalog.Leftovers {
    /// Every problem in words, for logs and pages.
    var texts: [String] { sourceProblems.map(\.description) + matchProblems.map(\.description) }
}
