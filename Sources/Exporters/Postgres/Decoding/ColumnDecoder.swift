import Glibc
import QueryFiles

/// How the text of a column is read, decided once per column by its type.
///
/// The bytes end in a zero byte that is not counted, as libpq gives them. No string is made unless the type is text.
enum ColumnDecoder: Sendable, Equatable {
    case integer
    case real
    case numeric
    case bool
    case text
    case timestamp
    case interval
    case position
    indirect case array(of: ColumnDecoder)

    /// Chooses by the type's number in `pg_type`, which is the same in every server for built-in types.
    init(type: UInt32) {
        switch type {
        case 20, 21, 23, 26, 28, 29, 5069: self = .integer  // int8, int2, int4, oid, xid, cid, xid8
        case 700, 701: self = .real  // float4, float8
        case 1700: self = .numeric
        case 16: self = .bool
        case 1082, 1114, 1184: self = .timestamp  // date, timestamp, timestamptz
        case 1186: self = .interval
        case 3220: self = .position  // pg_lsn
        case 1005, 1007, 1016, 1028: self = .array(of: .integer)
        case 1021, 1022: self = .array(of: .real)
        case 1231: self = .array(of: .numeric)
        case 1000: self = .array(of: .bool)
        case 1182, 1115, 1185: self = .array(of: .timestamp)
        case 1187: self = .array(of: .interval)
        case 1002, 1003, 1009, 1014, 1015: self = .array(of: .text)  // char, name, text, bpchar, varchar
        default: self = .text
        }
    }

    func value(_ bytes: UnsafeBufferPointer<UInt8>) -> ColumnValue {
        let value: ColumnValue? =
            switch self {
            case .integer: Self.integer(bytes).map { .integer($0) }
            case .real: Self.real(bytes).map { .real($0) }
            case .numeric: Self.integer(bytes).map { .integer($0) } ?? Self.real(bytes).map { .real($0) }
            case .bool: Self.bool(bytes).map { .bool($0) }
            case .timestamp: TimestampText.seconds(bytes).map { .timestamp($0) }
            case .interval: ISOInterval.seconds(bytes).map { .real($0) }
            case .position: Self.position(bytes).map { .integer($0) }
            case .array(let item): ArrayText.items(bytes) { item.value($0) }.map { .array($0) }
            case .text: nil
            }
        // What cannot be read stays visible. Bytes that are not UTF-8 are replaced.
        return value ?? .text(String(decoding: bytes, as: UTF8.self))
    }

    /// The number that a value is; nil if it is none.
    func number(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        switch self {
        case .integer: Self.integer(bytes).map { Double($0) }
        case .real: Self.real(bytes)
        default: value(bytes).number
        }
    }

    private static func integer(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        let isNegative = bytes.first == UInt8(ascii: "-")
        var index = isNegative ? 1 : 0
        guard index < bytes.count, bytes.count <= 20 else { return nil }
        var value: Int64 = 0
        while index < bytes.count {
            let digit = bytes[index] &- 0x30
            guard digit <= 9 else { return nil }
            let (product, tooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, carried) = product.subtractingReportingOverflow(Int64(digit))
            if tooLarge || carried { return nil }
            // Counted downwards, because there is one negative number more.
            value = sum
            index += 1
        }
        if isNegative { return value }
        return value == .min ? nil : -value
    }

    private static func real(_ bytes: UnsafeBufferPointer<UInt8>) -> Double? {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return nil }
        return base.withMemoryRebound(to: CChar.self, capacity: bytes.count + 1) { text in
            var end: UnsafeMutablePointer<CChar>?
            let value = strtod(text, &end)
            guard let end, UnsafePointer(end) == text + bytes.count else { return nil }
            return value
        }
    }

    private static func bool(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool? {
        guard bytes.count == 1 else { return nil }
        switch bytes[0] {
        case UInt8(ascii: "t"): return true
        case UInt8(ascii: "f"): return false
        default: return nil
        }
    }

    /// `16/B374D848`, a place in the write-ahead log, in bytes from its beginning.
    private static func position(_ bytes: UnsafeBufferPointer<UInt8>) -> Int64? {
        guard let slash = bytes.firstIndex(of: UInt8(ascii: "/")) else { return nil }
        func part(_ digits: Slice<UnsafeBufferPointer<UInt8>>) -> Int64? {
            guard (1...8).contains(digits.count) else { return nil }
            return Int64(String(decoding: digits, as: UTF8.self), radix: 16)
        }
        guard let high = part(bytes[..<slash]), let low = part(bytes[(slash + 1)...]), high >= 0, low >= 0,
            high <= Int64(Int32.max)
        else { return nil }
        return high << 32 | low
    }
}
