import Exposition

/// What one collector gave last, and how it is.
struct CollectorSnapshot: Sendable {
    /// The last good state of one part.
    struct Part: Sendable {
        var name: String
        var families: [EncodedFamily]
        /// The labels of the service that are in every line of them.
        var labels: LabelSet
        /// When it was last good, by the clock that does not jump; nil if it never was.
        var goodAt: Duration?
        var error: String?
    }

    /// What became different with a collection.
    enum Change: Equatable {
        case none
        case failing(String)
        case recovered
    }

    private static let keptProblems = 20
    private static let shownParts = 50

    let plan: CollectorPlan
    private(set) var parts: [Part] = []
    private(set) var reached: Bool?
    private(set) var lastDuration: Duration?
    private(set) var lastEnd: Duration?
    private(set) var lastWallEnd: Duration?
    private(set) var successEnd: Duration?
    private(set) var successWallEnd: Duration?
    private(set) var collectionCount: UInt64 = 0
    private(set) var errorCount: UInt64 = 0
    private(set) var droppedSamples: UInt64 = 0
    private(set) var error: String?
    private(set) var problems: [SampleProblem] = []
    var isHung = false

    init(plan: CollectorPlan) {
        self.plan = plan
    }

    /// The error to show: of the collection, or of the first part that failed.
    var currentError: String? {
        error ?? parts.lazy.compactMap { part in part.error.map { "\(part.name): \($0)" } }.first
    }

    mutating func record(_ outcome: CollectionOutcome) -> Change {
        let wasFailing = currentError != nil
        isHung = false
        collectionCount &+= 1
        lastDuration = outcome.duration
        lastEnd = outcome.end
        lastWallEnd = outcome.wallEnd
        problems = Array(outcome.problems.prefix(Self.keptProblems)).map(Self.bounded)
        for problem in outcome.problems { droppedSamples &+= UInt64(max(problem.count, 0)) }
        switch outcome.result {
        case .failed(let message):
            error = message
            reached = false
            for index in parts.indices { parts[index].error = nil }
        case .returned(let given, let serviceAnswered):
            error = nil
            replaceParts(with: given, outcome)
            let isReached = serviceAnswered ?? (given.isEmpty || given.contains { $0.error == nil })
            reached = isReached
            if isReached {
                successEnd = outcome.end
                successWallEnd = outcome.wallEnd
            }
        }
        guard let message = currentError else { return wasFailing ? .recovered : .none }
        errorCount &+= 1
        return wasFailing ? .none : .failing(message)
    }

    private mutating func replaceParts(with given: [CollectionOutcome.Part], _ outcome: CollectionOutcome) {
        // Mostly no part has failed, and nothing is kept.
        let kept = given.contains { $0.error != nil } ? parts : []
        let old = Dictionary(kept.map { ($0.name, $0) }) { first, _ in first }
        parts = given.map { part in
            guard let error = part.error else {
                return Part(name: part.name, families: part.families, labels: outcome.labels, goodAt: outcome.end)
            }
            var kept = old[part.name] ?? Part(name: part.name, families: [], labels: [:])
            kept.error = error
            return kept
        }
    }

    /// Whether it reached the service, not too long ago.
    func isUp(now: Duration) -> Bool {
        guard reached == true, let lastEnd else { return false }
        return now - lastEnd < plan.staleAfter
    }

    /// When the next part becomes stale.
    func nextExpiry(after now: Duration) -> Duration? {
        parts.lazy.compactMap { $0.families.isEmpty ? nil : $0.goodAt.map { $0 + plan.staleAfter } }
            .filter { $0 > now }.min()
    }

    /// Lets go of what is stale.
    mutating func dropStale(now: Duration) {
        for index in parts.indices {
            guard let goodAt = parts[index].goodAt, now - goodAt >= plan.staleAfter else { continue }
            parts[index].families = []
        }
    }

    func health(now: Duration) -> CollectorHealth {
        let failing = parts.lazy.compactMap { part in
            part.error.map { error in
                CollectorHealth.FailingPart(name: part.name, error: error, age: part.goodAt.map { now - $0 })
            }
        }
        return CollectorHealth(
            name: plan.name,
            interval: plan.interval,
            reached: reached,
            isHung: isHung,
            lastDuration: lastDuration,
            lastCollection: lastWallEnd,
            lastSuccess: successWallEnd,
            age: successEnd.map { now - $0 },
            collectionCount: collectionCount,
            errorCount: errorCount,
            error: error,
            failingParts: Array(failing.prefix(Self.shownParts)),
            sampleCount: sampleCount
        )
    }

    var sampleCount: Int {
        parts.reduce(0) { $1.families.reduce($0) { $0 + $1.sampleCount } }
    }

    static func bounded(_ problem: SampleProblem) -> SampleProblem {
        var problem = problem
        problem.family = BoundedText.text(problem.family)
        problem.detail = BoundedText.text(problem.detail)
        return problem
    }
}
