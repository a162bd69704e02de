public import Exposition
public import Logging
import Synchronization

/// Logs what of the results of queries cannot be exported: one line when it changes, not one per collection.
public final class QueryProblemLog: Sendable {
    /// What kind of problem a query has. How many values it costs may change all the time.
    private struct Kind: Hashable {
        var reason: SampleProblem.Reason
        var family: String
    }

    private let logger: Logger
    /// What was logged last, by query; nothing for those that are well.
    private let logged = Mutex<[String: Set<Kind>]>([:])

    /// Creates a log in which every query is well.
    public init(_ logger: Logger) {
        self.logger = logger
    }

    /// Takes what is wrong with a query's last result.
    public func note(_ problems: [SampleProblem], of query: String) {
        let kinds = Set(problems.map { Kind(reason: $0.reason, family: $0.family) })
        let isNew = logged.withLock { logged in
            guard logged[query, default: []] != kinds else { return false }
            logged[query] = kinds.isEmpty ? nil : kinds
            return !kinds.isEmpty
        }
        guard isNew else { return }
        let lines = problems.prefix(5).map { $0.count > 1 ? "\($0) (\($0.count) values)" : "\($0)" }
        logger.warning(
            "Some values of a query cannot be exported",
            metadata: ["query": "\(query)", "problems": "\(lines.joined(separator: "; "))"]
        )
    }
}
