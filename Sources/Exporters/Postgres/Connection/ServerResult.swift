import CPostgres
import Glibc
import QueryFiles

/// The rows of one query, as libpq holds them. Values are read where they lie.
final class ServerResult: ResultTable {
    let rowCount: Int
    let columnCount: Int

    private let raw: RawResult
    private let pointer: OpaquePointer
    private let decoders: [ColumnDecoder]

    init(_ raw: RawResult) {
        self.raw = raw
        let pointer = raw.pointer
        self.pointer = pointer
        let count = max(0, PQnfields(pointer))
        columnCount = Int(count)
        decoders = (0..<count).map { ColumnDecoder(type: PQftype(pointer, $0)) }
        rowCount = Int(max(0, PQntuples(pointer)))
    }

    /// How many values there are.
    var cellCount: Int { rowCount * columnCount }

    var columnNames: [String] {
        (0..<columnCount).map { name($0).map { String(cString: $0) } ?? "" }
    }

    func hasColumnNames(_ names: [String]) -> Bool {
        names.count == columnCount
            && names.indices.allSatisfy { index in
                name(index).map { name in names[index].withCString { strcmp($0, name) == 0 } } ?? false
            }
    }

    func value(row: Int, column: Int) -> ColumnValue {
        guard let bytes = bytes(row, column) else { return .null }
        return decoders[column].value(bytes)
    }

    func number(row: Int, column: Int) -> Double? {
        bytes(row, column).flatMap { decoders[column].number($0) }
    }

    func hasLabelText(_ text: String, row: Int, column: Int) -> Bool {
        guard let bytes = bytes(row, column) else { return text.isEmpty }
        // What these types say stands in a label as it is. Others are written differently there.
        switch decoders[column] {
        case .text, .integer: return Self.isSame(text, bytes)
        default: return decoders[column].value(bytes).labelText.utf8.elementsEqual(text.utf8)
        }
    }

    private static func isSame(_ text: String, _ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let isSame = text.utf8.withContiguousStorageIfAvailable { text in
            guard text.count == bytes.count else { return false }
            guard let left = text.baseAddress, let right = bytes.baseAddress else { return true }
            return memcmp(left, right, text.count) == 0
        }
        return isSame ?? text.utf8.elementsEqual(bytes)
    }

    /// The text of a value, with a zero byte after it; nil for NULL.
    private func bytes(_ row: Int, _ column: Int) -> UnsafeBufferPointer<UInt8>? {
        let (row, column) = (Int32(truncatingIfNeeded: row), Int32(truncatingIfNeeded: column))
        let count = Int(PQgetlength(pointer, row, column))
        // NULL has no length.
        if count == 0, PQgetisnull(pointer, row, column) != 0 { return nil }
        guard let text = PQgetvalue(pointer, row, column) else { return nil }
        return UnsafeBufferPointer(start: UnsafeRawPointer(text).assumingMemoryBound(to: UInt8.self), count: count)
    }

    private func name(_ column: Int) -> UnsafePointer<CChar>? {
        PQfname(pointer, Int32(truncatingIfNeeded: column)).map { UnsafePointer($0) }
    }
}
