/// A range of versions: comparators that must all hold, such as `>=14 <17`; `||` separates alternatives.
///
/// A comparator looks at as many numbers as it gives: `=14`, `<=14` and `>=14` hold for 14.5, `>14` and `<14` do not.
/// Comparators are `>=`, `>`, `<=`, `<`, `=` (also `==`, or nothing) and `!=` (also `!`), separated by spaces or commas.
public struct VersionRange: Sendable, Hashable, CustomStringConvertible {
    private enum Operator: String, Sendable, Hashable {
        case atLeast = ">="
        case above = ">"
        case atMost = "<="
        case below = "<"
        case equal = "="
        case different = "!="
    }

    private struct Comparator: Sendable, Hashable {
        var operation: Operator
        var numbers: [Int]

        func holds(_ version: ServerVersion) -> Bool {
            let found = version.numbers(numbers.count)
            return switch operation {
            case .atLeast: !found.lexicographicallyPrecedes(numbers)
            case .above: numbers.lexicographicallyPrecedes(found)
            case .atMost: !numbers.lexicographicallyPrecedes(found)
            case .below: found.lexicographicallyPrecedes(numbers)
            case .equal: found == numbers
            case .different: found != numbers
            }
        }
    }

    private var alternatives: [[Comparator]]
    /// The range as it was written.
    public let description: String

    /// Parses a range.
    ///
    /// - Returns: Nil if the text is not one, or is longer than 200 bytes.
    public init?(_ text: String) {
        guard text.utf8.count <= 200 else { return nil }
        var alternatives: [[Comparator]] = []
        for part in Self.split(text) {
            guard let comparators = Self.comparators(part), !comparators.isEmpty else { return nil }
            alternatives.append(comparators)
        }
        self.alternatives = alternatives
        self.description = text
    }

    /// Whether a version is in the range.
    public func contains(_ version: ServerVersion) -> Bool {
        alternatives.contains { $0.allSatisfy { $0.holds(version) } }
    }

    /// Splits at `||`.
    private static func split(_ text: String) -> [Substring.UTF8View] {
        var parts: [Substring.UTF8View] = []
        var rest = Substring(text).utf8
        while let bar = rest.firstIndex(of: UInt8(ascii: "|")) {
            let next = rest.index(after: bar)
            guard next < rest.endIndex, rest[next] == UInt8(ascii: "|") else { break }
            parts.append(rest[..<bar])
            rest = rest[rest.index(after: next)...]
        }
        return parts + [rest]
    }

    private static func comparators(_ text: Substring.UTF8View) -> [Comparator]? {
        var comparators: [Comparator] = []
        var rest = skipSeparators(text)
        while !rest.isEmpty {
            let symbols = rest.prefix { "<>=!".utf8.contains($0) }
            let operation: Operator
            switch String(Substring(symbols)) {
            case "", "==": operation = .equal
            case "!": operation = .different
            case let symbol:
                guard let known = Operator(rawValue: symbol) else { return nil }
                operation = known
            }
            rest = rest.dropFirst(symbols.count).drop { $0 == UInt8(ascii: " ") }
            guard let (version, found) = ServerVersion.prefix(of: rest) else { return nil }
            rest = rest.dropFirst(found.length)
            // "14x" and "1.2.3.4" are not versions.
            guard rest.isEmpty || isSeparator(rest[rest.startIndex]) else { return nil }
            comparators.append(Comparator(operation: operation, numbers: version.numbers(found.numbers)))
            rest = skipSeparators(rest)
        }
        return comparators
    }

    private static func isSeparator(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: ",") || byte == UInt8(ascii: "\t")
    }

    private static func skipSeparators(_ text: Substring.UTF8View) -> Substring.UTF8View {
        text.drop(while: isSeparator)
    }
}
