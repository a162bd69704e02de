import ExporterKit
import QueryFiles
import Synchronization

/// The queries that one collector runs, and what is kept between its collections.
final class QueryGroup: Sendable {
    private struct State: Sendable {
        var order: QueryOrder
        /// Which queries are for a server of which these facts are known.
        var applicable: (facts: ServerFacts, queries: [Int])?
    }

    let name: String
    let interval: Duration
    let timeout: Duration
    let queries: [QueryPlan.Query]
    /// Whether this is the group that tells whether the server is up.
    let isBase: Bool
    private let state: Mutex<State>

    init(name: String, interval: Duration, timeout: Duration, queries: [QueryPlan.Query], isBase: Bool) {
        self.name = name
        self.interval = interval
        self.timeout = timeout
        self.queries = queries
        self.isBase = isBase
        state = Mutex(State(order: QueryOrder(count: queries.count)))
    }

    convenience init(_ plan: QueryPlan.Group, isBase: Bool) {
        self.init(
            name: plan.name,
            interval: plan.interval,
            timeout: plan.timeout,
            queries: plan.queries,
            isBase: isBase
        )
    }

    /// The queries that are for such a server.
    func applicable(on facts: ServerFacts) -> [Int] {
        if let known = state.withLock({ $0.applicable }), known.facts == facts { return known.queries }
        let applicable = queries.indices.filter { queries[$0].definition.condition.holds(facts) }
        state.withLock { $0.applicable = (facts, applicable) }
        return applicable
    }

    func inOrder(_ queries: [Int]) -> [Int] {
        state.withLock { $0.order.sorted(queries) }
    }

    func note(_ duration: Duration, of query: Int) {
        state.withLock { $0.order.note(duration, of: query) }
    }

    func name(of query: Int) -> String { queries[query].definition.name }

    /// Turns what a query gave into a part of a batch.
    func part(of query: Int, _ outcome: StatementOutcome) -> MetricBatch.Part {
        note(outcome.duration, of: query)
        var part = MetricBatch.Part(name: name(of: query), duration: outcome.duration)
        do {
            let rows = try outcome.result.get()
            let result = try queries[query].mapper.families(from: rows)
            part.families = result.families
            part.problems = result.problems
        } catch {
            part.error = String(describing: error)
        }
        return part
    }
}
