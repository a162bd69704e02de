/// What is around every record on disk: one byte with the version of the format, four with the checksum of all that
/// follows and of the record's number, the lowest first. The number is in it so that a record cannot be taken for another.
enum Envelope {
    /// The version of what is in the envelope.
    static let version: UInt8 = 1
    /// How many bytes come before the content.
    static let headerCount = 5

    /// Begins a record.
    static func begin(capacity: Int) -> ByteWriter {
        var writer = ByteWriter(capacity: capacity)
        writer.byte(version)
        writer.fixed(UInt32(0))
        return writer
    }

    /// The checksum of a begun record, without its number.
    static func checksum(_ bytes: [UInt8]) -> UInt32 {
        bytes.withUnsafeBytes { CRC32C.checksum(UnsafeRawBufferPointer(rebasing: $0.dropFirst(headerCount))) }
    }

    /// Ends a record: the checksum goes to its place.
    static func seal(_ bytes: [UInt8], checksum: UInt32, number: Int64) -> [UInt8] {
        var bytes = bytes
        let whole = CRC32C.checksum(number, after: checksum)
        for place in 0..<4 where place + 1 < bytes.count {
            bytes[place + 1] = UInt8(truncatingIfNeeded: whole >> UInt32(place * 8))
        }
        return bytes
    }

    /// A reader that stands at the beginning of the content.
    ///
    /// - Throws: ``CorruptBytes`` if the version is unknown or the checksum wrong.
    static func open(_ bytes: UnsafeRawBufferPointer, number: Int64) throws(CorruptBytes) -> ByteReader {
        var reader = ByteReader(bytes)
        let found = try reader.byte()
        guard found == version else { throw CorruptBytes(reason: "version \(found) is unknown", offset: 0) }
        let checksum = try reader.fixed32()
        let content = UnsafeRawBufferPointer(rebasing: bytes.dropFirst(headerCount))
        guard CRC32C.checksum(number, after: CRC32C.checksum(content)) == checksum else {
            throw CorruptBytes(reason: "the checksum is wrong", offset: 1)
        }
        return reader
    }
}
