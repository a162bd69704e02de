/// The result of a query: what ``QueryDefinition/families(from:)`` reads.
///
/// Exporters let their driver's own result conform, so that nothing is copied that no metric needs.
public protocol ResultTable {
    /// The names of the columns, in order; a name may stand there more than once.
    var columnNames: [String] { get }

    /// The number of rows.
    var rowCount: Int { get }

    /// One value. It is called with a row below ``rowCount`` and a column that ``columnNames`` has.
    func value(row: Int, column: Int) -> ColumnValue

    /// A value that is a number; nil for any other. Called for most values, so a driver should answer without a detour.
    func number(row: Int, column: Int) -> Double?

    /// Whether a value, as it stands in a label, has the same bytes as a text that a label got from this column before.
    func hasLabelText(_ text: String, row: Int, column: Int) -> Bool

    /// Whether the columns have these names.
    func hasColumnNames(_ names: [String]) -> Bool
}

extension ResultTable {
    /// Asks ``value(row:column:)``.
    public func number(row: Int, column: Int) -> Double? {
        value(row: row, column: column).number
    }

    /// Asks ``value(row:column:)``.
    public func hasLabelText(_ text: String, row: Int, column: Int) -> Bool {
        value(row: row, column: column).labelText.utf8.elementsEqual(text.utf8)
    }

    /// Asks ``columnNames``.
    public func hasColumnNames(_ names: [String]) -> Bool {
        columnNames == names
    }
}

/// A result that is held in memory, row by row.
public struct MemoryTable: ResultTable, Sendable, Hashable {
    /// The names of the columns.
    public var columnNames: [String]
    /// The values of all rows, one row after the other.
    public var values: [ColumnValue]

    /// Creates an empty result.
    public init(columnNames: [String]) {
        self.columnNames = columnNames
        self.values = []
    }

    /// Creates a result; a row that is too short is filled with NULL, one that is too long is cut.
    public init(columnNames: [String], rows: [[ColumnValue]]) {
        self.init(columnNames: columnNames)
        values.reserveCapacity(rows.count * columnNames.count)
        for row in rows {
            for column in columnNames.indices { values.append(column < row.count ? row[column] : .null) }
        }
    }

    /// The number of complete rows.
    public var rowCount: Int { columnNames.isEmpty ? 0 : values.count / columnNames.count }

    /// One value.
    public func value(row: Int, column: Int) -> ColumnValue {
        values[row * columnNames.count + column]
    }
}
