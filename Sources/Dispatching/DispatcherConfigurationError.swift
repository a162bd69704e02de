/// A value of a ``DispatcherConfiguration`` makes no sense.
public struct DispatcherConfigurationError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The field, such as `backoff.initial`.
    public var field: String
    /// What is expected of it.
    public var message: String

    /// The field and what is expected of it.
    public var description: String { "\(field) \(message)" }
}
