import Settings

/// What a query file may call its metrics and labels: the names that every format and every Prometheus takes unquoted.
enum MetricName {
    static let maximumLength = 200

    /// Letters, digits, `_` and `:`, not beginning with a digit.
    static func isLegal(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= maximumLength, !isDigit(first) else { return false }
        return name.utf8.allSatisfy { isWord($0) || $0 == UInt8(ascii: ":") }
    }

    /// Letters, digits and `_`, not beginning with a digit or `__`.
    static func isLegalLabel(_ name: String) -> Bool {
        guard let first = name.utf8.first, name.utf8.count <= maximumLength, !isDigit(first) else { return false }
        return !name.hasPrefix("__") && name.utf8.allSatisfy(isWord)
    }

    /// The name, or a problem at the place where it stands.
    static func check(_ name: String, at place: ColumnReference, problems: ProblemList) -> Bool {
        if isLegal(name) { return true }
        let rule = "letters, digits, _ and :, at most \(maximumLength), not a digit first"
        problems.add(place.problem("\"\(name)\" is not a legal metric name (\(rule))"))
        return false
    }

    /// Notes a problem if a label's name is not legal.
    static func checkLabel(_ name: String, at place: ColumnReference, problems: ProblemList) -> Bool {
        if isLegalLabel(name) { return true }
        let rule = "letters, digits and _, at most \(maximumLength), not a digit or __ first"
        problems.add(place.problem("\"\(name)\" is not a legal label name (\(rule))"))
        return false
    }

    private static func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

    private static func isWord(_ byte: UInt8) -> Bool {
        isDigit(byte) || (byte | 0x20 >= 0x61 && byte | 0x20 <= 0x7A) || byte == UInt8(ascii: "_")
    }
}

extension ColumnReference {
    func problem(_ message: String) -> SettingsProblem {
        SettingsProblem(position: position, path: path, message: message)
    }
}
