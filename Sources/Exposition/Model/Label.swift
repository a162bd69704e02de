/// One label of a series: a name and a value.
public struct Label: Sendable, Hashable, Comparable {
    /// The name. Any UTF-8 without a zero character, except names that begin with `__`; the encoder escapes what a
    /// format cannot carry.
    public var name: String
    /// The value, any text. An empty value means the same as no label.
    public var value: String

    /// Creates a label.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// Whether names and values are the same bytes.
    public static func == (lhs: Label, rhs: Label) -> Bool {
        lhs.name.hasSameBytes(as: rhs.name) && lhs.value.hasSameBytes(as: rhs.value)
    }

    /// By name, then by value, both in the order of their UTF-8 bytes.
    public static func < (lhs: Label, rhs: Label) -> Bool {
        lhs.name.hasSameBytes(as: rhs.name)
            ? lhs.value.precedesByBytes(rhs.value) : lhs.name.precedesByBytes(rhs.name)
    }

    /// Hashes the bytes of the name and of the value.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(ExactName(name))
        hasher.combine(ExactName(value))
    }
}
