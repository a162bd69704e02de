/// Picks times and values from the records of a table.
///
/// The first record is a header if a column is asked for by a name that is no number, or if it has a field that is no number, no time and not
/// empty. Without other instructions:
///
/// - Of a header the column named `time`, `timestamp`, `datetime`, `date` or `ts` has the time, and the first other column
///   the values.
/// - Without a header a single column has the values, and of several the first has the time and the second the values.
///
/// An empty field, `NaN`, `null`, `NA` and `-` are values that are missing.
public struct RecordedValues: Sendable {
    /// Which column.
    public enum Column: Sendable, Hashable {
        /// By its name in the header; if it is a number and no column of a header is named like that, by that number.
        case named(String)
        /// By its number, counted from 1.
        case number(Int)
    }

    /// One value.
    public struct Row: Sendable, Hashable {
        /// Milliseconds since 1970; nil if the table has no time.
        public var time: Int64?
        /// The value; NaN if it is missing.
        public var value: Double
        /// The line of the table, counted from 1.
        public var line: Int
    }

    private var parser: CSVParser
    private var mapping: ColumnMapping

    /// The name of the column with the values; nil without a header.
    public var valueName: String? { mapping.valueName }
    /// Whether there are times; nil before the first record.
    public var hasTime: Bool? { mapping.places.map { $0.time != nil } }

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - valueColumn: Where the values are; nil to find out.
    ///   - timeColumn: Where the times are; nil to find out.
    ///   - parser: Splits the table into fields.
    public init(valueColumn: Column? = nil, timeColumn: Column? = nil, parser: CSVParser = CSVParser()) {
        self.parser = parser
        mapping = ColumnMapping(valueColumn: valueColumn, timeColumn: timeColumn)
    }

    /// Takes the next piece of a table, and calls `body` with each row that is complete.
    ///
    /// - Throws: ``CSVError``, and what `body` throws. The reader is of no use afterwards.
    public mutating func read(
        _ bytes: some Sequence<UInt8>,
        _ body: (Row) throws(CSVError) -> Void
    ) throws(CSVError) {
        var mapping = mapping
        defer { self.mapping = mapping }
        try parser.read(bytes) { (record) throws(CSVError) in try mapping.take(record, body) }
    }

    /// Says that no more comes.
    ///
    /// - Throws: ``CSVError`` if the table ends within a quoted field or there was nothing in it.
    public mutating func finish(_ body: (Row) throws(CSVError) -> Void) throws(CSVError) {
        var mapping = mapping
        defer { self.mapping = mapping }
        try parser.finish { (record) throws(CSVError) in try mapping.take(record, body) }
        guard mapping.places != nil else { throw CSVError(line: 1, message: "there is nothing in the table") }
    }
}
