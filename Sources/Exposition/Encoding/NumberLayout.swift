extension [UInt8] {
    /// Appends a value as the text format wants it: `1`, `0.25`, `1e+06`, `NaN`, `+Inf`.
    mutating func append(number value: Double) {
        appendText { NumberText.write(value, to: $0) }
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
        appendText { NumberText.write(digits: value, to: $0) }
    }

    /// Appends what `write` writes, and returns the length of, into memory for the longest number.
    @inline(__always)
    private mutating func appendText(_ write: (UnsafeMutablePointer<UInt8>) -> Int) {
        withUnsafeTemporaryAllocation(of: UInt8.self, capacity: NumberText.maximumLength) { buffer in
            guard let start = buffer.baseAddress else { return }
            append(contentsOf: UnsafeMutableBufferPointer(rebasing: buffer[..<write(start)]))
        }
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
