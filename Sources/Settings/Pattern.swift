/// A regular expression that must match a whole value, in time that grows only linearly with the value.
///
/// The syntax is RE2's as far as a match without captures needs it: alternatives, groups, classes, `* + ? {n,m}`,
/// `\d \w \s`, `(?i)`. A dot matches any character, a line break too, as in Prometheus. What a backtracking engine adds
/// (back references, look-around) is refused. Values come from outside, so no value may make a match slow.
public struct Pattern: Sendable, Hashable, CustomStringConvertible {
    /// The expression as written.
    public let source: String

    private enum Matcher: Sendable {
        case literal(String)
        case anything
        case program(PatternProgram)
    }

    private let matcher: Matcher

    /// The longest expression, in characters.
    static let maximumLength = 4096

    /// Compiles an expression.
    ///
    /// - Throws: ``PatternError`` if it is not one, or is too large.
    public init(_ source: String) throws(PatternError) {
        self.source = source
        if source == ".*" {
            matcher = .anything
        } else if !source.unicodeScalars.contains(where: { #"\.+*?()|[]{}^$"#.unicodeScalars.contains($0) }) {
            matcher = .literal(source)
        } else {
            guard source.unicodeScalars.count <= Self.maximumLength else {
                throw PatternError("longer than \(Self.maximumLength) characters", at: Self.maximumLength)
            }
            var parser = PatternParser(source)
            matcher = .program(try PatternProgram(try parser.parse()))
        }
    }

    /// Whether the whole value matches.
    public func matches(_ value: String) -> Bool {
        switch matcher {
        case .literal(let literal): value == literal
        case .anything: true
        case .program(let program): program.matches(value)
        }
    }

    /// The expression as written.
    public var description: String { source }

    /// By the expression as written.
    public static func == (lhs: Pattern, rhs: Pattern) -> Bool { lhs.source == rhs.source }

    /// By the expression as written.
    public func hash(into hasher: inout Hasher) { hasher.combine(source) }
}

extension MappingReader {
    /// An anchored regular expression.
    public func pattern(_ key: String) -> Pattern? {
        value(key).flatMap { Pattern(node: $0, problems: problems) }
    }

    /// A mapping whose values are anchored regular expressions, in the order of the file.
    public func patterns(_ key: String) -> [(key: String, pattern: Pattern)]? {
        guard let value = value(key) else { return nil }
        guard case .mapping(let entries) = value.content else {
            problems.add("expected a mapping of regular expressions, found \(value.found)", at: value)
            return nil
        }
        return entries.compactMap { entry in
            Pattern(node: entry.value, problems: problems).map { (entry.key, $0) }
        }
    }
}

extension Pattern {
    /// Reads an expression from a configuration.
    ///
    /// - Returns: Nil, with a problem noted, if it is none.
    public init?(node: SettingsNode, problems: ProblemList) {
        guard let text = node.text else {
            problems.add("expected a regular expression, found \(node.found)", at: node)
            return nil
        }
        do {
            try self.init(text)
        } catch {
            problems.add("not a regular expression: \(error)", at: node)
            return nil
        }
    }
}
