/// Durations as people write them in configurations: `500ms`, `15s`, `1m30s`, `2h`, `7d`.
public enum DurationText {
    /// Parses a duration. A bare number is refused, because its unit would be a guess; `0` is accepted.
    ///
    /// - Returns: The duration, or nil if the text is not one or is too large to count in nanoseconds.
    public static func parse(_ text: String) -> Duration? {
        if text == "0" { return .zero }
        var nanoseconds: Int64 = 0
        var rest = text.utf8[...]
        guard !rest.isEmpty else { return nil }
        while !rest.isEmpty {
            let digits = rest.prefix { $0 >= 0x30 && $0 <= 0x39 }
            guard !digits.isEmpty, let count = Int64(String(Substring(digits))) else { return nil }
            rest = rest.dropFirst(digits.count)
            let letters = rest.prefix { $0 >= 0x61 && $0 <= 0x7A }
            guard let unit = units[String(Substring(letters))] else { return nil }
            rest = rest.dropFirst(letters.count)
            let (product, overflow) = count.multipliedReportingOverflow(by: unit)
            let (sum, carried) = nanoseconds.addingReportingOverflow(product)
            if overflow || carried { return nil }
            nanoseconds = sum
        }
        return .nanoseconds(nanoseconds)
    }

    /// Writes a duration the way ``parse(_:)`` reads it, with whole units: `1m30s`.
    public static func format(_ duration: Duration) -> String {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        let (nanoseconds, carried) = scaled.addingReportingOverflow(attoseconds / 1_000_000_000)
        if overflow || carried { return "\(seconds)s" }
        if nanoseconds == 0 { return "0s" }
        var text = nanoseconds < 0 ? "-" : ""
        var rest = nanoseconds.magnitude
        for (name, unit) in [
            ("d", 86_400_000_000_000), ("h", 3_600_000_000_000), ("m", 60_000_000_000),
            ("s", 1_000_000_000), ("ms", 1_000_000), ("us", 1_000), ("ns", 1),
        ] as [(String, UInt64)]
        where rest >= unit {
            text += "\(rest / unit)\(name)"
            rest %= unit
        }
        return text
    }

    private static let units: [String: Int64] = [
        "ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
        "d": 86_400_000_000_000, "w": 604_800_000_000_000, "y": 31_536_000_000_000_000,
    ]
}
