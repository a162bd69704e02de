/// Reads what a ``StateWriter`` wrote. Nothing is taken for granted: no count is believed that the bytes do not hold.
struct StateReader {
    private let bytes: ArraySlice<UInt8>
    private var next: Int

    init(_ bytes: ArraySlice<UInt8>) {
        self.bytes = bytes
        next = bytes.startIndex
    }

    /// How many bytes are left.
    var remaining: Int { bytes.endIndex - next }

    mutating func byte() throws(StoredStateError) -> UInt8 {
        guard next < bytes.endIndex else { throw .damaged }
        defer { next += 1 }
        return bytes[next]
    }

    mutating func flag() throws(StoredStateError) -> Bool {
        switch try byte() {
        case 0: false
        case 1: true
        default: throw .damaged
        }
    }

    mutating func unsigned() throws(StoredStateError) -> UInt64 {
        var result: UInt64 = 0
        var shift: UInt64 = 0
        while true {
            let byte = try byte()
            let bits = UInt64(byte & 0x7F)
            guard shift < 63 || bits <= 1 else { throw .damaged }
            result |= bits << shift
            if byte < 0x80 { return result }
            shift += 7
            guard shift <= 63 else { throw .damaged }
        }
    }

    mutating func signed() throws(StoredStateError) -> Int64 {
        let number = try unsigned()
        return Int64(bitPattern: number >> 1) ^ -Int64(bitPattern: number & 1)
    }

    /// A whole number that is not negative.
    mutating func count() throws(StoredStateError) -> Int {
        guard let count = Int(exactly: try unsigned()) else { throw .damaged }
        return count
    }

    /// How many things follow, each of at least so many bytes.
    mutating func count(ofAtLeast size: Int) throws(StoredStateError) -> Int {
        let count = try count()
        guard count <= remaining / size else { throw .damaged }
        return count
    }

    mutating func number() throws(StoredStateError) -> Double {
        Double(bitPattern: try fixed())
    }

    /// Eight bytes.
    mutating func fixed() throws(StoredStateError) -> UInt64 {
        guard remaining >= 8 else { throw .damaged }
        var result: UInt64 = 0
        for offset in 0..<8 { result |= UInt64(bytes[next + offset]) << UInt64(offset * 8) }
        next += 8
        return result
    }

    mutating func text() throws(StoredStateError) -> String {
        let count = try count(ofAtLeast: 1)
        guard let text = String(validating: bytes[next..<(next + count)], as: UTF8.self) else { throw .damaged }
        next += count
        return text
    }

    mutating func numbers() throws(StoredStateError) -> [Double] {
        let count = try count(ofAtLeast: 8)
        var result: [Double] = []
        result.reserveCapacity(count)
        for _ in 0..<count { result.append(try number()) }
        return result
    }

    mutating func optional<Value>(
        _ body: (inout StateReader) throws(StoredStateError) -> Value
    ) throws(StoredStateError) -> Value? {
        try flag() ? try body(&self) : nil
    }
}
