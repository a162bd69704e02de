/// The parts of the Protocol Buffers wire format that remote write needs
/// (https://protobuf.dev/programming-guides/encoding/).
enum ProtobufWriter {
    /// Adds a variable-length integer.
    static func append(varint value: UInt64, to bytes: inout [UInt8]) {
        var rest = value
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// How many bytes a variable-length integer has.
    static func length(ofVarint value: UInt64) -> Int {
        (max(1, 64 - value.leadingZeroBitCount) + 6) / 7
    }

    /// Adds the number and the type of a field that has a length.
    static func append(lengthDelimited field: UInt8, _ length: Int, to bytes: inout [UInt8]) {
        bytes.append(field << 3 | 2)
        append(varint: UInt64(length), to: &bytes)
    }

    /// Adds a field of text; nothing if it is empty, as proto3 has it.
    static func append(field: UInt8, text: String, to bytes: inout [UInt8]) {
        if text.isEmpty { return }
        append(lengthDelimited: field, text.utf8.count, to: &bytes)
        bytes.append(contentsOf: text.utf8)
    }

    /// Adds 64 bits, the lowest byte first.
    static func append(fixed64 value: UInt64, to bytes: inout [UInt8]) {
        withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
    }
}
