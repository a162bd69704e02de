import ExporterKit
import PostgresClient
import QueryFiles

/// One collection under way: which queries are for the server, and what they gave.
struct Collection {
    let group: QueryGroup
    /// The queries that are due, in the order in which they run.
    private(set) var due: [Int]
    private(set) var hasAnswers = false
    private var gathered: [Int: MetricBatch.Part] = [:]
    private var failure: (any Error)?
    private var lastAnswer = ContinuousClock.now

    /// - Parameters:
    ///   - group: The queries.
    ///   - facts: What was known of the server; nil if nothing was.
    init(group: QueryGroup, facts: ServerFacts?) {
        self.group = group
        due = facts.map { group.applicable(on: $0) } ?? Array(group.queries.indices)
    }

    /// Decides what is due. Results of queries that are not any more are dropped.
    mutating func plan(for facts: ServerFacts) {
        due = group.inOrder(group.applicable(on: facts))
        gathered = gathered.filter { due.contains($0.key) }
    }

    /// What is due and has not run yet.
    var waiting: [Int] { due.filter { gathered[$0] == nil } }

    /// The server has answered something.
    mutating func noteAnswer() {
        hasAnswers = true
        lastAnswer = ContinuousClock.now
    }

    mutating func add(_ part: MetricBatch.Part, of query: Int) {
        gathered[query] = part
    }

    /// The rest cannot be had.
    mutating func fail(_ error: any Error) {
        failure = error
        guard hasAnswers, let query = waiting.first else { return }
        // It will run behind the others next time.
        let isTime = error is CancellationError || (error as? PostgresError)?.code == .timedOut
        group.note(isTime ? ContinuousClock.now - lastAnswer : QueryOrder.worst, of: query)
    }

    var isCancelled: Bool { failure is CancellationError }

    /// A part for every query that is due, in the order of the files.
    func parts() -> [MetricBatch.Part] {
        let culprit = hasAnswers ? waiting.first : nil
        return due.sorted().map { query in
            if let part = gathered[query] { return part }
            var reason = failure.map { String(describing: $0) } ?? "no result"
            if let culprit, culprit != query { reason = "not run, because of \(group.name(of: culprit)): \(reason)" }
            return MetricBatch.Part(name: group.name(of: query), error: reason)
        }
    }
}
