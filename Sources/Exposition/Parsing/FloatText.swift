/// Reads numbers as Go's `strconv.ParseFloat` does, without its hexadecimal form and its underscores.
enum FloatText {
    enum Failure: Error {
        case unsupported, syntax, range
    }

    /// The value of a number.
    static func parse(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Double {
        var scan = Scan()
        for byte in bytes where !scan.take(byte) { return try parseSpecial(bytes) }
        guard let exponent = scan.exponent, scan.hasDigits else { return try parseSpecial(bytes) }
        // Both operands are exact and the result is rounded once.
        if !scan.isTruncated, scan.mantissa < 1 << 53, exponent.magnitude <= 22 {
            let mantissa = Double(scan.mantissa)
            let power = powers[Int(exponent.magnitude)]
            let value = exponent < 0 ? mantissa / power : mantissa * power
            return scan.isNegative ? -value : value
        }
        guard let value = Double(String(decoding: bytes, as: UTF8.self)) else { throw .syntax }
        if value.isInfinite { throw .range }
        return value
    }

    private static func parseSpecial(_ bytes: ArraySlice<UInt8>) throws(Failure) -> Double {
        let unsupported = [UInt8(ascii: "p"), UInt8(ascii: "P"), UInt8(ascii: "_")]
        if bytes.contains(where: unsupported.contains) { throw .unsupported }
        guard bytes.count <= 9 else { throw .syntax }
        switch String(decoding: bytes, as: UTF8.self).lowercased() {
        case "nan": return .nan
        case "inf", "+inf", "infinity", "+infinity": return .infinity
        case "-inf", "-infinity": return -.infinity
        default: throw .syntax
        }
    }

    private static let powers: [Double] = [
        1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19,
        1e20, 1e21, 1e22,
    ]

    /// A decimal number, byte by byte.
    private struct Scan {
        private enum Place {
            case sign, integer, fraction, exponentSign, exponentDigits
        }

        private var place = Place.sign
        private var scale = 0
        private var written = 0
        private var isWrittenNegative = false
        private var hasExponentDigits = false
        private(set) var isNegative = false
        private(set) var hasDigits = false
        private(set) var mantissa: UInt64 = 0
        /// Whether the mantissa does not hold all digits.
        private(set) var isTruncated = false

        /// The power of ten that the mantissa is to be multiplied by; nil if the exponent has no digits.
        var exponent: Int? {
            switch place {
            case .exponentSign: nil
            case .exponentDigits where !hasExponentDigits: nil
            default: scale + (isWrittenNegative ? -written : written)
            }
        }

        /// Takes the next byte; returns false if it does not belong there.
        @inline(__always)
        mutating func take(_ byte: UInt8) -> Bool {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                takeDigit(UInt64(byte - UInt8(ascii: "0")))
            case UInt8(ascii: ".") where place == .sign || place == .integer:
                place = .fraction
            case UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard hasDigits, place == .integer || place == .fraction else { return false }
                place = .exponentSign
            case UInt8(ascii: "+"), UInt8(ascii: "-"):
                if place == .sign {
                    isNegative = byte == UInt8(ascii: "-")
                    place = .integer
                } else if place == .exponentSign {
                    isWrittenNegative = byte == UInt8(ascii: "-")
                    place = .exponentDigits
                } else {
                    return false
                }
            default:
                return false
            }
            return true
        }

        @inline(__always)
        private mutating func takeDigit(_ digit: UInt64) {
            switch place {
            case .sign, .integer, .fraction:
                if place == .sign { place = .integer }
                hasDigits = true
                if mantissa < 1_000_000_000_000_000_000 {
                    mantissa = mantissa * 10 + digit
                    if place == .fraction { scale -= 1 }
                } else {
                    isTruncated = true
                }
            case .exponentSign, .exponentDigits:
                place = .exponentDigits
                hasExponentDigits = true
                if written < 1_000_000 { written = written * 10 + Int(digit) }
            }
        }
    }
}
