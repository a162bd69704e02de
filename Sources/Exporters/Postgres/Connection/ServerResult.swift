import CPostgres
import QueryFiles

/// The rows of one query, as libpq holds them. Values are read where they lie.
final class ServerResult: ResultTable {
    let columnNames: [String]
    let rowCount: Int

    private let raw: RawResult
    private let pointer: OpaquePointer
    private let decoders: [ColumnDecoder]

    init(_ raw: RawResult) {
        self.raw = raw
        let pointer = raw.pointer
        self.pointer = pointer
        let columns = 0..<max(0, PQnfields(pointer))
        columnNames = columns.map { column in PQfname(pointer, column).map { String(cString: $0) } ?? "" }
        decoders = columns.map { ColumnDecoder(type: PQftype(pointer, $0)) }
        rowCount = Int(max(0, PQntuples(pointer)))
    }

    /// How many values there are.
    var cellCount: Int { rowCount * columnNames.count }

    func value(row: Int, column: Int) -> ColumnValue {
        let (row, index) = (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column))
        guard PQgetisnull(pointer, row, index) == 0, let text = PQgetvalue(pointer, row, index) else { return .null }
        let count = Int(PQgetlength(pointer, row, index))
        return text.withMemoryRebound(to: UInt8.self, capacity: count + 1) { bytes in
            decoders[column].value(UnsafeBufferPointer(start: bytes, count: count))
        }
    }
}
