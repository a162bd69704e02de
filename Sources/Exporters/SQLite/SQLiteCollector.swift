import ExporterKinds
import ExporterKit
import Exposition
import Logging
import QueryFiles
import Synchronization

/// Runs the queries of one interval, one after the other, each with its own deadline.
final class SQLiteCollector: MetricCollector {
    /// What became of one query.
    private struct Outcome: Sendable {
        var query: QueryPlan.Query
        var result: Result<QueryResult, QueryFailure>
        var duration: Duration
    }

    private enum QueryFailure: Error, Sendable {
        case database(SQLiteExporterError)
        case mapping(QueryMappingError)
        case noTime
    }

    private struct State {
        var order = QueryOrder()
    }

    let connection: FileConnection
    private let group: QueryPlan.Group
    private let problemLog: QueryProblemLog
    private let state = Mutex(State())

    init(group: QueryPlan.Group, connection: FileConnection, logger: Logger) {
        self.group = group
        self.connection = connection
        problemLog = QueryProblemLog(logger)
    }

    var name: String { group.name }
    var interval: Duration? { group.interval }
    var timeout: Duration? { group.timeout }

    func collect(into batch: inout MetricBatch) async throws {
        let order = state.withLock { $0.order }
        let group = group
        let outcomes = try await connection.run(within: group.timeout) { session in
            order.arrange(group.queries(on: session.facts)).compactMap { query in
                session.isCancelled ? nil : Self.run(query, session)
            }
        }
        try Task.checkCancellation()
        var answered = outcomes.isEmpty
        for outcome in outcomes {
            batch.add(part(outcome))
            if case .failure(.database(let error)) = outcome.result, error.code == .unreachable { continue }
            if case .failure(.noTime) = outcome.result { continue }
            answered = true
        }
        batch.serviceAnswered = answered
    }

    private static func run(_ query: QueryPlan.Query, _ session: SQLiteSession) -> Outcome {
        let start = ContinuousClock.now
        guard start < session.deadline else { return Outcome(query: query, result: .failure(.noTime), duration: .zero) }
        let result: Result<QueryResult, QueryFailure>
        do throws(SQLiteExporterError) {
            let table = try session.table(query.definition.sql, within: query.timeout)
            result = Result { () throws(QueryMappingError) in try query.mapper.families(from: table) }
                .mapError { .mapping($0) }
        } catch {
            result = .failure(.database(error))
        }
        return Outcome(query: query, result: result, duration: .now - start)
    }

    private func part(_ outcome: Outcome) -> MetricBatch.Part {
        var part = MetricBatch.Part(name: outcome.query.definition.name, duration: outcome.duration)
        var timedOut = false
        switch outcome.result {
        case .success(let result):
            part.families = result.families
            part.problems = result.problems
            problemLog.note(result.problems, of: part.name)
        case .failure(.mapping(let error)):
            part.error = error.description
        case .failure(.noTime):
            part.error = "not run: the queries before it took the whole timeout"
        case .failure(.database(let error)):
            timedOut = error.code == .timedOut
            let place = outcome.query.definition.position
            let after = timedOut ? " after \(outcome.duration.formatted)" : ""
            part.error = "\(place): \(error)\(after)"
        }
        if case .failure(.noTime) = outcome.result { return part }
        state.withLock { $0.order.note(outcome.query, timedOut: timedOut) }
        return part
    }
}

extension Duration {
    /// Seconds with one digit after the point.
    fileprivate var formatted: String {
        let milliseconds = (self / .milliseconds(100)).rounded()
        return "\(milliseconds / 10)s"
    }
}
