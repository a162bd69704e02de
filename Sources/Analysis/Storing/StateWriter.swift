/// Writes numbers and texts to bytes, as small as they are. Little-endian; counts and whole numbers take seven bits of a
/// byte at a time, lowest first.
struct StateWriter {
    private(set) var bytes: [UInt8] = []

    mutating func write(_ byte: UInt8) {
        bytes.append(byte)
    }

    mutating func write(_ flag: Bool) {
        bytes.append(flag ? 1 : 0)
    }

    mutating func write(unsigned number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(truncatingIfNeeded: rest))
    }

    /// Small numbers of either sign take few bytes.
    mutating func write(signed number: Int64) {
        write(unsigned: UInt64(bitPattern: number << 1 ^ number >> 63))
    }

    mutating func write(_ number: Double) {
        writeFixed(number.bitPattern)
    }

    /// Eight bytes.
    mutating func writeFixed(_ number: UInt64) {
        withUnsafeBytes(of: number.littleEndian) { bytes.append(contentsOf: $0) }
    }

    mutating func write(_ text: String) {
        write(unsigned: UInt64(text.utf8.count))
        bytes.append(contentsOf: text.utf8)
    }

    mutating func write(_ numbers: some Collection<Double>) {
        write(unsigned: UInt64(numbers.count))
        for number in numbers { write(number) }
    }

    /// A flag, and the value if there is one.
    mutating func write<Value>(_ value: Value?, _ body: (inout StateWriter, Value) -> Void) {
        write(value != nil)
        if let value { body(&self, value) }
    }
}
