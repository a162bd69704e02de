/// One label of a series: a name and a value.
public struct Label: Sendable, Hashable, Comparable {
    /// The name. Any UTF-8 except names that begin with `__`; the encoder escapes what a format cannot carry.
    public var name: String
    /// The value, any text.
    public var value: String

    /// Creates a label.
    public init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }

    /// By name, then by value, both in the order of their UTF-8 bytes.
    public static func < (lhs: Label, rhs: Label) -> Bool {
        lhs.name == rhs.name ? lhs.value < rhs.value : lhs.name < rhs.name
    }
}
