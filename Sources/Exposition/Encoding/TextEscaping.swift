extension [UInt8] {
    /// Appends text as it is.
    @inline(__always)
    mutating func append(text: String) {
        text.withBytes { append(contentsOf: $0) }
    }

    /// Appends text as it is.
    @inline(__always)
    mutating func append(static text: StaticString) {
        append(contentsOf: UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
    }

    /// Appends text as it stands between quotes: `\`, `"` and newlines escaped.
    @inline(__always)
    mutating func append(escaping text: String) {
        text.withBytes { append(escaping: $0) }
    }

    /// Appends text as it stands between quotes.
    @inline(__always)
    mutating func append(escaping bytes: UnsafeBufferPointer<UInt8>) {
        if bytes.needEscaping { appendEscaped(bytes, quotes: true) } else { append(contentsOf: bytes) }
    }

    /// Appends a help text: `\` and newlines escaped, and quotes if the format wants that.
    mutating func append(help text: String, escapingQuotes: Bool) {
        text.withBytes { text in
            if text.needEscaping { appendEscaped(text, quotes: escapingQuotes) } else { append(contentsOf: text) }
        }
    }

    /// Appends a metric name as it stands after `# TYPE`, quoted if it is not plain.
    mutating func append(metricName name: String) {
        if NameRules.isPlainMetricName(name) { append(text: name) } else { append(quoted: name) }
    }

    /// Appends a label name, quoted if it is not plain.
    mutating func append(labelName name: String) {
        if NameRules.isPlainLabelName(name) { append(text: name) } else { append(quoted: name) }
    }

    private mutating func append(quoted name: String) {
        append(UInt8(ascii: "\""))
        append(escaping: name)
        append(UInt8(ascii: "\""))
    }

    private mutating func appendEscaped(_ bytes: UnsafeBufferPointer<UInt8>, quotes: Bool) {
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "\\"): append(contentsOf: #"\\"#.utf8)
            case UInt8(ascii: "\n"): append(contentsOf: #"\n"#.utf8)
            case UInt8(ascii: "\"") where quotes: append(contentsOf: #"\""#.utf8)
            default: append(byte)
            }
        }
    }
}

extension UnsafeBufferPointer<UInt8> {
    /// Whether there is a `\`, a `"` or a newline; looks at eight bytes at a time.
    @inline(__always)
    fileprivate var needEscaping: Bool {
        var index = 0
        let raw = UnsafeRawBufferPointer(self)
        while index + 8 <= count {
            let word = raw.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            let found =
                Self.zeroBytes(word ^ 0x2222_2222_2222_2222) | Self.zeroBytes(word ^ 0x5C5C_5C5C_5C5C_5C5C)
                | Self.zeroBytes(word ^ 0x0A0A_0A0A_0A0A_0A0A)
            if found != 0 { return true }
            index += 8
        }
        while index < count {
            let byte = self[index]
            if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "\n") { return true }
            index += 1
        }
        return false
    }

    /// Not zero if and only if one of the eight bytes is zero.
    @inline(__always)
    private static func zeroBytes(_ word: UInt64) -> UInt64 {
        (word &- 0x0101_0101_0101_0101) & ~word & 0x8080_8080_8080_8080
    }
}
