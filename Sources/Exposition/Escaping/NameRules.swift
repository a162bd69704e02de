/// Which names are legal, and which are written without quotes.
package enum NameRules {
    /// Whether a metric name is written without quotes: `[a-zA-Z_:][a-zA-Z0-9_:]*`.
    static func isPlainMetricName(_ name: String) -> Bool {
        isPlain(name, allowsColon: true)
    }

    /// Whether a label name is written without quotes: `[a-zA-Z_][a-zA-Z0-9_]*`.
    ///
    /// client_golang also leaves a colon in label names as it is, but Prometheus' parser refuses the page then.
    static func isPlainLabelName(_ name: String) -> Bool {
        isPlain(name, allowsColon: false)
    }

    /// Whether a byte may stand in a plain name.
    @inline(__always)
    static func isPlain(_ byte: UInt8, isFirst: Bool, allowsColon: Bool) -> Bool {
        // One bit for each of the 64 codes from 0 to 63, and from 64 to 127.
        let low: UInt64 = (isFirst ? 0 : 0x03FF << 48) | (allowsColon ? 1 << 58 : 0)
        let high: UInt64 = 0x07FF_FFFE_87FF_FFFE
        let bits = byte < 64 ? low : byte < 128 ? high : 0
        return bits >> UInt64(byte & 63) & 1 == 1
    }

    /// Why no format can carry a metric name; nil if it is legal.
    ///
    /// Text that is not UTF-8 does not get here: a Swift string holds U+FFFD in its place. A zero character is refused
    /// because Prometheus takes no page with one in a name.
    package static func problem(withMetricName name: String) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.withBytes({ Bytes.firstIndex(of: 0, in: $0, from: 0) }) != nil {
            return "the name holds a zero character"
        }
        return nil
    }

    /// Why no format can carry a label name; nil if it is legal.
    package static func problem(withLabelName name: String) -> String? {
        if name.isEmpty { return "a label name is empty" }
        if name.utf8.starts(with: "__".utf8) { return "the label name \(name.bounded(to: 100)) begins with __" }
        if name.utf8.contains(0) { return "a label name holds a zero character" }
        return nil
    }

    private static func isPlain(_ name: String, allowsColon: Bool) -> Bool {
        name.withBytes { name in
            guard let first = name.first, isPlain(first, isFirst: true, allowsColon: allowsColon) else { return false }
            for byte in name where !isPlain(byte, isFirst: false, allowsColon: allowsColon) { return false }
            return true
        }
    }
}
