/// What a statement gave.
public struct PostgresRows: Sendable, Hashable {
    /// The rows, in the text format; NULL is nil.
    public var rows: [[String?]]
    /// How many rows were inserted, changed, removed, copied or returned.
    public var count: Int

    /// Creates a result.
    public init(rows: [[String?]] = [], count: Int = 0) {
        self.rows = rows
        self.count = count
    }

    /// The only value of a single row; nil if it is NULL or there is no row.
    public var value: String? { rows.first?.first ?? nil }
}
