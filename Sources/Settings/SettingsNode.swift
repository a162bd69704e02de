/// A value read from YAML or JSON that still knows where it stands.
///
/// Mappings keep their order. Scalars keep the text as written; what type they have is decided by who reads them, so
/// that `version: 12` and `version: "12"` are the same to a reader that wants a string.
public struct SettingsNode: Sendable {
    /// What a node holds.
    public enum Content: Sendable {
        /// Nothing: an empty value, `~` or `null`.
        case null
        /// A string, number or boolean as written. `quoted` tells that it was in quotes or a block, thus a string.
        case scalar(String, quoted: Bool)
        /// A list.
        case sequence([SettingsNode])
        /// Keys with values, in the order of the file.
        case mapping([Entry])
        /// A secret that has been resolved; only rendering makes these.
        case secret(Secret)
    }

    /// One key of a mapping.
    public struct Entry: Sendable {
        /// The key.
        public var key: String
        /// Where the key stands.
        public var position: Position
        /// The value.
        public var value: SettingsNode

        /// Creates an entry.
        public init(key: String, position: Position, value: SettingsNode) {
            self.key = key
            self.position = position
            self.value = value
        }
    }

    /// What it holds.
    public var content: Content
    /// Where it stands.
    public var position: Position
    /// The keys that lead to it, such as `exporters[0].match`.
    public var path: String

    /// Creates a node.
    public init(content: Content, position: Position, path: String = "") {
        self.content = content
        self.position = position
        self.path = path
    }

    /// The value of a key, if this is a mapping that has it.
    public subscript(key: String) -> SettingsNode? {
        guard case .mapping(let entries) = content else { return nil }
        return entries.first { $0.key == key }?.value
    }

    /// The text of a scalar.
    public var text: String? {
        if case .scalar(let text, _) = content { text } else { nil }
    }

    /// Whether it is empty or null.
    public var isNull: Bool {
        if case .null = content { true } else { false }
    }

    /// Whether it is a scalar with a `${...}` in it, whose type is known only after rendering.
    public var isTemplate: Bool { text?.contains("${") ?? false }

    /// What it is, in words for a message. Long texts are cut.
    public var found: String {
        switch content {
        case .null: "nothing"
        case .scalar(let text, _): Self.quote(text)
        case .sequence: "a list"
        case .mapping: "a mapping"
        case .secret: "a secret"
        }
    }

    /// A text in quotes for a message; a long one is cut.
    static func quote(_ text: String) -> String {
        let beginning = text.prefix(40)
        return beginning.endIndex == text.endIndex ? "\"\(text)\"" : "\"\(beginning)...\""
    }

    /// A copy in which every scalar has been replaced by what `transform` returns for it.
    ///
    /// - Throws: What `transform` throws.
    public func mapScalars<Failure: Error>(
        _ transform: (String, SettingsNode) throws(Failure) -> String
    ) throws(Failure) -> SettingsNode {
        var copy = self
        switch content {
        case .null, .secret:
            break
        case .scalar(let text, let quoted):
            copy.content = .scalar(try transform(text, self), quoted: quoted)
        case .sequence(let items):
            var mapped: [SettingsNode] = []
            mapped.reserveCapacity(items.count)
            for item in items { mapped.append(try item.mapScalars(transform)) }
            copy.content = .sequence(mapped)
        case .mapping(let entries):
            var mapped: [Entry] = []
            mapped.reserveCapacity(entries.count)
            for entry in entries {
                var entry = entry
                entry.value = try entry.value.mapScalars(transform)
                mapped.append(entry)
            }
            copy.content = .mapping(mapped)
        }
        return copy
    }
}
