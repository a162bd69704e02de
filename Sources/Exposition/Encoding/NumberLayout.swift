/// Numbers in the layout of the exposition formats: that of Go's `strconv` with the format `g` and the shortest digits.
extension [UInt8] {
    /// Appends a value as the text format wants it: `1`, `0.25`, `1e+06`, `NaN`, `+Inf`.
    mutating func append(number value: Double) {
        let magnitude = value.magnitude
        guard magnitude <= .greatestFiniteMagnitude else {
            append(contentsOf: (value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf").utf8)
            return
        }
        if value < 0 { append(UInt8(ascii: "-")) }
        if magnitude < 1e6 {
            let integer = UInt32(magnitude)
            if Double(integer) == magnitude {
                append(digits: UInt64(integer))
                return
            }
        }
        append(layingOut: ShortestDecimal(magnitude))
    }

    /// Appends a value as OpenMetrics wants it, with `.0` where the text format has an integer.
    mutating func append(openMetricsNumber value: Double) {
        let start = count
        append(number: value)
        if !self[start...].isMarkedAsFloat { append(contentsOf: ".0".utf8) }
    }

    /// Appends an integer.
    mutating func append(integer value: Int64) {
        if value < 0 { append(UInt8(ascii: "-")) }
        append(digits: value.magnitude)
    }

    /// Appends an integer.
    mutating func append(digits value: UInt64) {
        if value < 10 {
            append(UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value))
            return
        }
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            let start = Self.fill(buffer, with: value)
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: buffer[start...]))
        }
    }

    private mutating func append(layingOut decimal: ShortestDecimal) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { buffer in
            let start = Self.fill(buffer, with: decimal.digits)
            let digits = UnsafeMutableBufferPointer(rebasing: buffer[start...])
            // How many digits stand before the point; zero or less means zeros after it.
            let point = digits.count + decimal.exponent
            if point - 1 < -4 || point - 1 >= 6 {
                appendWithExponent(digits, point - 1)
            } else if point <= 0 {
                append(contentsOf: "0.".utf8)
                append(contentsOf: repeatElement(UInt8(ascii: "0"), count: -point))
                append(contentsOf: digits)
            } else if point >= digits.count {
                append(contentsOf: digits)
                append(contentsOf: repeatElement(UInt8(ascii: "0"), count: point - digits.count))
            } else {
                append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[..<point]))
                append(UInt8(ascii: "."))
                append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[point...]))
            }
        }
    }

    private mutating func appendWithExponent(_ digits: UnsafeMutableBufferPointer<UInt8>, _ exponent: Int) {
        append(digits[0])
        if digits.count > 1 {
            append(UInt8(ascii: "."))
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: digits[1...]))
        }
        append(UInt8(ascii: "e"))
        append(exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+"))
        if exponent.magnitude < 10 { append(UInt8(ascii: "0")) }
        append(digits: UInt64(exponent.magnitude))
    }

    /// Writes an integer at the end of a buffer of twenty bytes and returns where it starts.
    @inline(__always)
    private static func fill(_ buffer: UnsafeMutableBufferPointer<UInt8>, with value: UInt64) -> Int {
        var value = value
        var index = 20
        repeat {
            index -= 1
            let (quotient, remainder) = value.quotientAndRemainder(dividingBy: 10)
            buffer[index] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: remainder)
            value = quotient
        } while value > 0
        return index
    }
}

extension Sequence<UInt8> {
    /// Whether a number has a point or an exponent, or is no finite number, so that it cannot be taken for an integer.
    var isMarkedAsFloat: Bool {
        contains { byte in
            switch byte {
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"): true
            case UInt8(ascii: "n"), UInt8(ascii: "N"), UInt8(ascii: "i"), UInt8(ascii: "I"): true
            default: false
            }
        }
    }
}
