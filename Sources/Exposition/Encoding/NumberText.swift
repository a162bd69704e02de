/// Writes numbers into memory in the layout of the exposition formats: that of Go's `strconv` with the format `g` and the
/// shortest digits.
package enum NumberText {
    /// More bytes than any number takes; the longest is `-1.2345678901234567e-308`.
    static let maximumLength = 32

    /// Writes a value as the text format wants it: `1`, `0.25`, `1e+06`, `NaN`, `+Inf`. Returns how many bytes it took, of
    /// the ``maximumLength`` that there must be room for.
    @inline(__always)
    static func write(_ value: Double, to output: UnsafeMutablePointer<UInt8>) -> Int {
        let magnitude = value.magnitude
        let isNegative = value < 0
        if isNegative { output[0] = UInt8(ascii: "-") }
        let start = isNegative ? output + 1 : output
        if magnitude < 1e6 {
            let integer = UInt32(magnitude)
            if Double(integer) == magnitude {
                return write(digits: UInt64(integer), to: start) + (isNegative ? 1 : 0)
            }
        }
        return writeOther(value, magnitude, to: start) + (isNegative ? 1 : 0)
    }

    /// A value as the text format wants it.
    package static func text(_ value: Double) -> String {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: maximumLength) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let count = write(value, to: start)
            return String(decoding: UnsafeBufferPointer(start: start, count: count), as: UTF8.self)
        }
    }

    /// Writes an integer and returns how many digits it has, at most 20.
    @inline(__always)
    static func write(digits value: UInt64, to output: UnsafeMutablePointer<UInt8>) -> Int {
        let count = digitCount(value)
        var value = value
        var index = count
        while value >= 100 {
            let (quotient, rest) = value.quotientAndRemainder(dividingBy: 100)
            index -= 2
            writePair(rest, to: output + index)
            value = quotient
        }
        if value >= 10 {
            writePair(value, to: output)
        } else {
            output[0] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: value)
        }
        return count
    }

    @inline(never)
    private static func writeOther(
        _ value: Double,
        _ magnitude: Double,
        to output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        guard magnitude <= .greatestFiniteMagnitude else {
            // Before the sign that has been written.
            return value.isNaN
                ? write("NaN", to: output) : value > 0 ? write("+Inf", to: output) : write("Inf", to: output)
        }
        let decimal = ShortestDecimal(magnitude)
        let count = digitCount(decimal.digits)
        // How many digits stand before the point; zero or less means zeros after it.
        let point = count + decimal.exponent
        if point - 1 < -4 || point - 1 >= 6 { return write(decimal.digits, count, exponent: point - 1, to: output) }
        if point <= 0 {
            var length = write("0.", to: output)
            for _ in point..<0 {
                output[length] = UInt8(ascii: "0")
                length += 1
            }
            return length + write(digits: decimal.digits, to: output + length)
        }
        if point >= count {
            var length = write(digits: decimal.digits, to: output)
            while length < point {
                output[length] = UInt8(ascii: "0")
                length += 1
            }
            return length
        }
        return write(decimal.digits, count, point: point, to: output)
    }

    /// Writes digits with a point after so many of them, which are at least one and not all.
    private static func write(
        _ digits: UInt64,
        _ count: Int,
        point: Int,
        to output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        _ = write(digits: digits, to: output + 1)
        // The digits before the point move to its left.
        for index in 0..<point { output[index] = output[index + 1] }
        output[point] = UInt8(ascii: ".")
        return count + 1
    }

    private static func write(
        _ digits: UInt64,
        _ count: Int,
        exponent: Int,
        to output: UnsafeMutablePointer<UInt8>
    ) -> Int {
        var length = count > 1 ? write(digits, count, point: 1, to: output) : write(digits: digits, to: output)
        output[length] = UInt8(ascii: "e")
        output[length + 1] = exponent < 0 ? UInt8(ascii: "-") : UInt8(ascii: "+")
        length += 2
        if exponent.magnitude < 10 {
            output[length] = UInt8(ascii: "0")
            length += 1
        }
        return length + write(digits: UInt64(exponent.magnitude), to: output + length)
    }

    private static func write(_ text: StaticString, to output: UnsafeMutablePointer<UInt8>) -> Int {
        output.update(from: text.utf8Start, count: text.utf8CodeUnitCount)
        return text.utf8CodeUnitCount
    }

    @inline(__always)
    private static func writePair(_ value: UInt64, to output: UnsafeMutablePointer<UInt8>) {
        let offset = Int(truncatingIfNeeded: value) * 2
        output[0] = pairs.utf8Start[offset]
        output[1] = pairs.utf8Start[offset + 1]
    }

    @inline(__always)
    private static func digitCount(_ value: UInt64) -> Int {
        var count = 1
        var rest = value
        while rest >= 10_000 {
            rest /= 10_000
            count += 4
        }
        return count + (rest >= 1000 ? 3 : rest >= 100 ? 2 : rest >= 10 ? 1 : 0)
    }

    private static let pairs: StaticString = """
        0001020304050607080910111213141516171819202122232425262728293031323334353637383940414243444546474849\
        5051525354555657585960616263646566676869707172737475767778798081828384858687888990919293949596979899
        """
}
