/// How a reader tells where a record of a stream ends.
enum RecordFraming: String, Sendable, CaseIterable {
    /// Each record ends with a line end, and has none in it.
    case newline
    /// Before each record comes its length in bytes, as four bytes, the largest first. It has no line end.
    case length

    /// Appends a line as one record.
    ///
    /// - Parameters:
    ///   - line: The line with its line end.
    ///   - isDatagram: Whether the record is a datagram, which needs no length.
    ///   - batch: What it is appended to.
    func append(_ line: String, isDatagram: Bool = false, to batch: inout LineBatch) {
        guard self == .length else {
            batch.append(line)
            return
        }
        let bytes = line.utf8.dropLast(line.utf8.last == UInt8(ascii: "\n") ? 1 : 0)
        guard !isDatagram else {
            batch.append(record: bytes)
            return
        }
        let length = withUnsafeBytes(of: UInt32(truncatingIfNeeded: bytes.count).bigEndian) { Array($0) }
        batch.append(record: length + bytes)
    }
}
