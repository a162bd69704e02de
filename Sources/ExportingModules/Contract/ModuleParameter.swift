public import Settings

/// One thing that can be configured about a module.
public struct ModuleParameter: Sendable, Hashable {
    /// The types of values.
    public enum Kind: Sendable, Hashable {
        /// `true` or `false`.
        case bool
        /// A whole number in a range.
        case integer(ClosedRange<Int>)
        /// A number in a range.
        case number(ClosedRange<Double>)
        /// Any text.
        case text
        /// One of some words.
        case choice([String])
        /// The path of a file.
        case path
        /// A span of time such as `30s` or `1h30m`, in a range.
        case duration(ClosedRange<Duration>)
        /// A number of bytes such as `4096` or `16MiB`, in a range.
        case size(ClosedRange<Int>)
        /// A secret: text, `{env: NAME}` or `{file: PATH}`.
        case secret
        /// A list of texts.
        case list
        /// Texts by name, such as labels or headers.
        case mapping
    }

    /// The full name: that of the module, a dot, and a word of its own, such as `file.rotate_size`.
    public var name: String
    /// The type.
    public var kind: Kind
    /// The value if none is configured; nil means that there is none.
    public var defaultValue: ModuleValue?
    /// Whether a value has to be configured.
    public var isRequired: Bool
    /// What it is for, in one sentence.
    public var usage: String

    /// Creates a parameter that may be left out.
    public init(_ name: String, _ kind: Kind, default defaultValue: ModuleValue? = nil, usage: String) {
        self.name = name
        self.kind = kind
        self.defaultValue = defaultValue
        self.isRequired = false
        self.usage = usage
    }

    /// Creates a parameter that has to be configured.
    public static func required(_ name: String, _ kind: Kind, usage: String) -> ModuleParameter {
        var parameter = ModuleParameter(name, kind, usage: usage)
        parameter.isRequired = true
        return parameter
    }

    /// The type in words, for a person.
    public var type: String {
        switch kind {
        case .bool: "true or false"
        case .integer(let range): "a whole number from \(range.lowerBound) to \(range.upperBound)"
        case .number(let range): "a number from \(range.lowerBound) to \(range.upperBound)"
        case .text: "text"
        case .choice(let words): "one of " + words.joined(separator: ", ")
        case .path: "a path"
        case .duration(let range):
            "a duration from \(DurationText.format(range.lowerBound)) to \(DurationText.format(range.upperBound))"
        case .size(let range): "a size from \(ByteSize.text(range.lowerBound)) to \(ByteSize.text(range.upperBound))"
        case .secret: "text, {env: NAME} or {file: PATH}"
        case .list: "a list of texts"
        case .mapping: "a mapping of names to texts"
        }
    }
}

/// A value of a parameter: as it was configured, or after it was checked.
public enum ModuleValue: Sendable, Hashable {
    /// `true` or `false`.
    case bool(Bool)
    /// A whole number; a size in bytes too.
    case integer(Int)
    /// A number.
    case number(Double)
    /// Text. Configured text is read as whatever the parameter is.
    case text(String)
    /// A span of time.
    case duration(Duration)
    /// Where a secret comes from.
    case secret(SecretReference)
    /// A list of texts.
    case list([String])
    /// Texts by name.
    case mapping([String: String])
}

extension ModuleValue: CustomStringConvertible {
    /// The value as it is written in a configuration.
    public var description: String {
        switch self {
        case .bool(let value): value ? "true" : "false"
        case .integer(let value): String(value)
        case .number(let value): NumberFormat.plain(value)
        case .text(let value): value
        case .duration(let value): DurationText.format(value)
        case .secret(let reference): Self.description(of: reference)
        case .list(let values): "[\(values.joined(separator: ", "))]"
        case .mapping(let values):
            "{\(values.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
        }
    }

    private static func description(of reference: SecretReference) -> String {
        switch reference {
        case .environment(let name): "{env: \(name)}"
        case .file(let path): "{file: \(path)}"
        case .literal(let secret): secret.description
        }
    }
}
