/// The checksum with Castagnoli's polynomial (RFC 3720, appendix B.4): it finds what a disk or a crash has changed.
enum CRC32C {
    /// Eight tables, so that eight bytes are done at once ("slicing by 8", M. Kounavis and F. Berry, 2005).
    private static let tables: [UInt32] = {
        var tables = [UInt32](repeating: 0, count: 8 * 256)
        for byte in 0..<256 {
            var remainder = UInt32(byte)
            for _ in 0..<8 { remainder = remainder & 1 == 1 ? remainder >> 1 ^ 0x82f6_3b78 : remainder >> 1 }
            tables[byte] = remainder
        }
        for table in 1..<8 {
            for byte in 0..<256 {
                let shorter = tables[(table - 1) * 256 + byte]
                tables[table * 256 + byte] = shorter >> 8 ^ tables[Int(shorter & 0xff)]
            }
        }
        return tables
    }()

    /// The checksum of bytes, or of bytes after those whose checksum is given.
    static func checksum(_ bytes: [UInt8], after checksum: UInt32 = 0) -> UInt32 {
        bytes.withUnsafeBytes { Self.checksum($0, after: checksum) }
    }

    /// The checksum of bytes, or of bytes after those whose checksum is given.
    static func checksum(_ bytes: UnsafeRawBufferPointer, after checksum: UInt32 = 0) -> UInt32 {
        tables.withUnsafeBufferPointer { table in
            var remainder = ~checksum
            var index = 0
            while bytes.count - index >= 8 {
                let word = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self))
                let low = UInt32(truncatingIfNeeded: word) ^ remainder
                let high = UInt32(truncatingIfNeeded: word >> 32)
                let first =
                    table[7 * 256 + Int(low & 0xff)] ^ table[6 * 256 + Int(low >> 8 & 0xff)]
                    ^ table[5 * 256 + Int(low >> 16 & 0xff)] ^ table[4 * 256 + Int(low >> 24)]
                let second =
                    table[3 * 256 + Int(high & 0xff)] ^ table[2 * 256 + Int(high >> 8 & 0xff)]
                    ^ table[256 + Int(high >> 16 & 0xff)] ^ table[Int(high >> 24)]
                remainder = first ^ second
                index += 8
            }
            while index < bytes.count {
                remainder = remainder >> 8 ^ table[Int((remainder ^ UInt32(bytes[index])) & 0xff)]
                index += 1
            }
            return ~remainder
        }
    }

    /// The checksum with eight more bytes, the lowest first.
    static func checksum(_ number: Int64, after checksum: UInt32) -> UInt32 {
        withUnsafeBytes(of: number.littleEndian) { Self.checksum($0, after: checksum) }
    }
}
