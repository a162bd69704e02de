/// Texts that say how long something is, as databases and Go programs write them, in milliseconds.
///
/// `5ms`, `1h2m`, `1.5h`, `200us`, `30 min` (Go and PostgreSQL's settings); `1 day 02:03:04.5`, `-00:00:01`,
/// `@ 1 min 2 secs ago` (PostgreSQL's intervals); `P1DT2H3M4S` (ISO 8601). A month is 30 days and a year 365.25, as
/// PostgreSQL's `extract(epoch ...)` counts them.
enum IntervalText {
    private static let second = 1_000.0
    private static let day = 86_400_000.0
    private static let units: [String: Double] = {
        var units: [String: Double] = [:]
        let names: [(Double, [String])] = [
            (1e-6, ["ns"]), (1e-3, ["us", "\u{B5}s", "\u{3BC}s"]), (1, ["ms", "msec", "msecs"]),
            (second, ["s", "sec", "secs", "second", "seconds"]),
            (60 * second, ["m", "min", "mins", "minute", "minutes"]),
            (3_600 * second, ["h", "hr", "hrs", "hour", "hours"]), (day, ["d", "day", "days"]),
            (7 * day, ["w", "week", "weeks"]), (30 * day, ["mon", "mons", "month", "months"]),
            (365.25 * day, ["y", "yr", "yrs", "year", "years"]),
        ]
        for (factor, words) in names { for word in words { units[word] = factor } }
        return units
    }()

    /// Parses a text.
    ///
    /// - Returns: Milliseconds, or nil if the text is none of these. A bare number other than 0 has no unit, so it is
    ///   none.
    static func milliseconds(_ text: String) -> Double? {
        guard text.utf8.count <= 200 else { return nil }
        var words = text.split(separator: " ")[...]
        if words.first == "@" { words = words.dropFirst() }
        let isPast = words.last == "ago"
        if isPast { words = words.dropLast() }
        guard !words.isEmpty else { return nil }
        if words.count == 1, let word = words.first {
            if word == "0" { return 0 }
            if let total = iso(word) { return isPast ? -total : total }
        }
        var total = 0.0
        while let word = words.popFirst() {
            if word.contains(":") {
                guard let clock = clock(word) else { return nil }
                total += clock
            } else if let number = signedNumber(word) {
                guard let unit = words.popFirst(), let factor = units[unit.lowercased()] else { return nil }
                total += number * factor
            } else {
                guard let parts = joined(word) else { return nil }
                total += parts
            }
        }
        guard total.isFinite else { return nil }
        return isPast ? -total : total
    }

    /// `1h2m`, with one sign for all of it.
    private static func joined(_ word: Substring) -> Double? {
        let (sign, rest) = sign(word)
        var total = 0.0
        var left = rest
        guard !left.isEmpty else { return nil }
        while !left.isEmpty {
            guard let number = takeNumber(&left) else { return nil }
            let unit = left.prefix { !isNumeric($0) }
            guard let factor = units[unit.lowercased()] else { return nil }
            left = left.dropFirst(unit.count)
            total += number * factor
        }
        return sign * total
    }

    /// `02:03` or `02:03:04.5`.
    private static func clock(_ word: Substring) -> Double? {
        let (sign, rest) = sign(word)
        let fields = rest.split(separator: ":", omittingEmptySubsequences: false)
        guard fields.count == 2 || fields.count == 3 else { return nil }
        var total = 0.0
        for (field, factor) in zip(fields, [3_600 * second, 60 * second, second]) {
            guard let number = unsignedNumber(field) else { return nil }
            total += number * factor
        }
        return sign * total
    }

    /// `P1Y2M3DT4H5M6.5S`; fields may have signs.
    private static func iso(_ word: Substring) -> Double? {
        let (outer, rest) = sign(word)
        guard rest.first == "P", rest.count > 1 else { return nil }
        var left = rest.dropFirst()
        var isTime = false
        var total = 0.0
        var hasField = false
        while let next = left.first {
            if next == "T", !isTime {
                isTime = true
                left = left.dropFirst()
                continue
            }
            let (inner, after) = sign(left)
            left = after
            guard let number = takeNumber(&left), let unit = left.popFirst() else { return nil }
            let factors: [Character: Double] =
                isTime
                ? ["H": 3_600 * second, "M": 60 * second, "S": second]
                : ["Y": 365.25 * day, "M": 30 * day, "W": 7 * day, "D": day]
            guard let factor = factors[unit] else { return nil }
            total += inner * number * factor
            hasField = true
        }
        return hasField && total.isFinite ? outer * total : nil
    }

    private static func sign(_ text: Substring) -> (Double, Substring) {
        switch text.first {
        case "-": (-1, text.dropFirst())
        case "+": (1, text.dropFirst())
        default: (1, text)
        }
    }

    private static func isNumeric(_ character: Character) -> Bool {
        character == "." || (character >= "0" && character <= "9")
    }

    private static func takeNumber(_ text: inout Substring) -> Double? {
        let digits = text.prefix(while: isNumeric)
        text = text.dropFirst(digits.count)
        return unsignedNumber(digits)
    }

    private static func signedNumber(_ text: Substring) -> Double? {
        let (sign, rest) = sign(text)
        return unsignedNumber(rest).map { sign * $0 }
    }

    private static func unsignedNumber(_ text: Substring) -> Double? {
        guard !text.isEmpty, text.allSatisfy(isNumeric) else { return nil }
        return Double(text)
    }
}
