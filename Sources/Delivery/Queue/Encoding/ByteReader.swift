/// What was read is not what a ``ByteWriter`` writes.
struct CorruptBytes: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    var reason: String
    /// In which place.
    var offset: Int

    var description: String { "\(reason) at byte \(offset)" }
}

/// Reads what a ``ByteWriter`` has written, from bytes that may be anything.
struct ByteReader {
    private let bytes: UnsafeRawBufferPointer
    /// How many bytes were read.
    private(set) var offset: Int

    init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
        self.bytes = bytes
        self.offset = min(max(0, offset), bytes.count)
    }

    /// How many bytes are left.
    var left: Int { bytes.count - offset }

    func corrupt(_ reason: String) -> CorruptBytes { CorruptBytes(reason: reason, offset: offset) }

    mutating func byte() throws(CorruptBytes) -> UInt8 {
        guard left > 0 else { throw corrupt("the end is missing") }
        defer { offset += 1 }
        return bytes[offset]
    }

    mutating func number() throws(CorruptBytes) -> UInt64 {
        var result: UInt64 = 0
        for shift in stride(from: UInt64(0), to: 64, by: 7) {
            let byte = try byte()
            let part = UInt64(byte & 0x7f)
            guard shift < 63 || part <= 1 else { break }
            result |= part << shift
            if byte < 0x80 { return result }
        }
        throw corrupt("a number is too large")
    }

    mutating func signed() throws(CorruptBytes) -> Int64 {
        let number = try number()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    /// A number of things that take at least so many bytes each: it is bounded by what is left.
    mutating func count(ofAtLeast size: Int, _ what: StaticString) throws(CorruptBytes) -> Int {
        let number = try number()
        guard number <= UInt64(left / max(1, size)) else { throw corrupt("there cannot be so many \(what)") }
        return Int(number)
    }

    mutating func double() throws(CorruptBytes) -> Double { Double(bitPattern: try fixed64()) }

    mutating func fixed64() throws(CorruptBytes) -> UInt64 {
        guard left >= 8 else { throw corrupt("the end is missing") }
        defer { offset += 8 }
        return UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }

    mutating func fixed32() throws(CorruptBytes) -> UInt32 {
        guard left >= 4 else { throw corrupt("the end is missing") }
        defer { offset += 4 }
        return UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
    }

    mutating func text() throws(CorruptBytes) -> String {
        let count = try count(ofAtLeast: 1, "bytes")
        guard let text = String(validating: bytes[offset..<offset + count], as: UTF8.self) else {
            throw corrupt("text is not UTF-8")
        }
        offset += count
        return text
    }
}
