/// Reads a mapping key by key, with types and bounds, and in the end names every key that nobody asked for.
///
/// Each getter returns nil when the key is absent or wrong; what is wrong goes to the ``ProblemList``, so that reading
/// goes on and a person sees every mistake at once. Call ``finish()`` last.
///
/// While a template is checked (``acceptsTemplates``), a scalar with `${...}` passes for any type and reads as absent.
public final class MappingReader {
    /// The mapping itself, for messages about it as a whole.
    public let node: SettingsNode
    /// Where problems go.
    public let problems: ProblemList
    /// Whether `${...}` stands for a value of any type.
    public let acceptsTemplates: Bool

    private let entries: [SettingsNode.Entry]
    private var known: [String] = []

    /// Starts to read a node; null reads as an empty mapping, anything else is a problem.
    public init(_ node: SettingsNode, problems: ProblemList, acceptsTemplates: Bool = false) {
        self.node = node
        self.problems = problems
        self.acceptsTemplates = acceptsTemplates
        switch node.content {
        case .mapping(let entries):
            self.entries = entries
        case .null:
            self.entries = []
        default:
            self.entries = []
            problems.add("expected a mapping, found \(node.found)", at: node)
        }
    }

    /// The keys that are there, in the order of the file.
    public var keys: [String] { entries.map(\.key) }

    /// Whether the key is there with a value that is not null.
    public func has(_ key: String) -> Bool { value(key) != nil }

    /// The value of a key as it is; null counts as absent.
    public func value(_ key: String) -> SettingsNode? {
        if !known.contains(key) { known.append(key) }
        guard let value = entries.first(where: { $0.key == key })?.value, !value.isNull else { return nil }
        return value
    }

    /// The value of a key that must be there.
    public func required(_ key: String) -> SettingsNode? {
        if let value = value(key) { return value }
        problems.add("the key \"\(key)\" is missing", at: node)
        return nil
    }

    /// A string: any scalar.
    public func string(_ key: String) -> String? {
        value(key).flatMap(string(of:))
    }

    /// A string that must be there and not be empty.
    public func requiredString(_ key: String) -> String? {
        guard let value = required(key), let text = string(of: value) else { return nil }
        if text.isEmpty { problems.add("must not be empty", at: value) }
        return text.isEmpty ? nil : text
    }

    /// An integer within bounds.
    public func integer(_ key: String, in range: ClosedRange<Int> = .min ... .max) -> Int? {
        typed(key, "an integer" + (range == .min ... .max ? "" : " from \(range.lowerBound) to \(range.upperBound)")) {
            Int($0).flatMap { range.contains($0) ? $0 : nil }
        }
    }

    /// A finite number within bounds.
    public func number(_ key: String, in range: ClosedRange<Double>? = nil) -> Double? {
        typed(key, "a number" + (range.map { " from \($0.lowerBound) to \($0.upperBound)" } ?? "")) {
            guard let number = Double($0), number.isFinite else { return nil }
            return range?.contains(number) ?? true ? number : nil
        }
    }

    /// `true` or `false`.
    public func bool(_ key: String) -> Bool? {
        typed(key, "true or false") {
            switch $0 {
            case "true", "True", "TRUE": true
            case "false", "False", "FALSE": false
            default: nil
            }
        }
    }

    /// A duration such as `15s`, within bounds.
    public func duration(_ key: String, in range: ClosedRange<Duration>? = nil) -> Duration? {
        let bounds = range.map {
            " from \(DurationText.format($0.lowerBound)) to \(DurationText.format($0.upperBound))"
        }
        return typed(key, "a duration such as 15s or 1m30s" + (bounds ?? "")) {
            guard let duration = DurationText.parse($0) else { return nil }
            return range?.contains(duration) ?? true ? duration : nil
        }
    }

    /// One of several words.
    public func choice<Value>(_ key: String, of choices: KeyValuePairs<String, Value>) -> Value? {
        guard let value = value(key), let text = string(of: value) else { return nil }
        if let choice = choices.first(where: { $0.key == text }) { return choice.value }
        if acceptsTemplates, value.isTemplate { return nil }
        let nearest = Suggestion.nearest(to: text, among: choices.map(\.key)).map { "; did you mean \"\($0)\"?" }
        let words = choices.map(\.key).joined(separator: ", ")
        problems.add("expected one of \(words), found \(value.found)\(nearest ?? "")", at: value)
        return nil
    }

    /// A list of strings; a single string is a list of one.
    public func strings(_ key: String) -> [String]? {
        guard let value = value(key) else { return nil }
        if case .scalar(let text, _) = value.content { return [text] }
        return items(of: value).compactMap(string(of:))
    }

    /// The items of a list.
    public func items(_ key: String) -> [SettingsNode]? {
        value(key).map(items(of:))
    }

    /// A mapping whose values are scalars, as strings.
    public func stringMap(_ key: String) -> [String: String]? {
        guard let value = value(key) else { return nil }
        guard case .mapping(let entries) = value.content else {
            problems.add("expected a mapping of strings, found \(value.found)", at: value)
            return nil
        }
        var map: [String: String] = [:]
        for entry in entries { map[entry.key] = entry.value.isNull ? "" : string(of: entry.value) }
        return map
    }

    /// A mapping below this one.
    public func mapping(_ key: String) -> MappingReader? {
        value(key).map { MappingReader($0, problems: problems, acceptsTemplates: acceptsTemplates) }
    }

    /// A secret: a string, `{env: NAME}`, `{file: PATH}`, or one that has been resolved already.
    public func secret(_ key: String) -> SecretReference? {
        value(key).flatMap { SecretReference(node: $0, problems: problems) }
    }

    /// Names every key that was not asked for, with the nearest one that was.
    public func finish() {
        for entry in entries where !known.contains(entry.key) {
            let nearest = Suggestion.nearest(to: entry.key, among: known).map { "; did you mean \"\($0)\"?" }
            let words = known.sorted().joined(separator: ", ")
            let path = node.path.isEmpty ? entry.key : "\(node.path).\(entry.key)"
            problems.add(
                SettingsProblem(
                    position: entry.position,
                    path: path,
                    message: "unknown key\(nearest ?? (words.isEmpty ? "" : "; known are \(words)"))"
                )
            )
        }
    }

    private func string(of node: SettingsNode) -> String? {
        if let text = node.text { return text }
        problems.add("expected a string, found \(node.found)", at: node)
        return nil
    }

    private func items(of node: SettingsNode) -> [SettingsNode] {
        if case .sequence(let items) = node.content { return items }
        problems.add("expected a list, found \(node.found)", at: node)
        return []
    }

    private func typed<Value>(_ key: String, _ expected: String, _ parse: (String) -> Value?) -> Value? {
        guard let value = value(key) else { return nil }
        if acceptsTemplates, value.isTemplate { return nil }
        if let parsed = value.text.flatMap(parse) { return parsed }
        problems.add("expected \(expected), found \(value.found)", at: value)
        return nil
    }
}
