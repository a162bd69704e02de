/// Why ``CollectionSettings`` cannot be as asked for.
public struct CollectionSettingsError: Error, Hashable, CustomStringConvertible {
    /// The settings, by the names that configurations give them.
    public enum Field: String, Sendable, Hashable {
        /// ``CollectionSettings/interval``.
        case interval
        /// ``CollectionSettings/timeout``.
        case timeout
        /// ``CollectionSettings/staleAfter``.
        case staleAfter = "stale_after"
        /// ``CollectionSettings/sampleLimit``.
        case sampleLimit = "sample_limit"
    }

    /// The setting that is wrong.
    public var field: Field
    /// What it must be, and what it is.
    public var message: String

    /// Creates an error.
    public init(_ field: Field, _ message: String) {
        self.field = field
        self.message = message
    }

    /// One line for a person.
    public var description: String { "\(field.rawValue) \(message)" }
}
