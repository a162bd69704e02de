import Synchronization

/// Turns the results of one query into families, again and again, and keeps what is the same every time: how columns
/// become metrics, and the labels of the rows.
///
/// It may be used from any thread; results of the same query should come one after another.
public final class QueryMapper: Sendable {
    private struct Kept: Sendable {
        var binding: QueryBinding
        var labels = RowLabels()
    }

    private let query: QueryDefinition
    private let kept = Mutex<Kept?>(nil)

    /// Creates a mapper that has seen no result.
    public init(_ query: QueryDefinition) {
        self.query = query
    }

    /// Turns the rows of a result into families. Values that cannot be exported are left out and named; the others stay.
    ///
    /// - Throws: ``QueryMappingError`` if the result lacks columns that the metrics need.
    public func families(from table: some ResultTable) throws(QueryMappingError) -> QueryResult {
        let known = kept.withLock { kept in
            defer { kept = nil }
            return kept
        }
        var current: Kept
        if let known, table.hasColumnNames(known.binding.columnNames) {
            current = known
        } else {
            current = Kept(binding: try QueryBinding(query, columnNames: table.columnNames))
        }
        let result = current.binding.families(from: table, &current.labels)
        let now = current
        kept.withLock { $0 = now }
        return result
    }
}
