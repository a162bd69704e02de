/// An exporter could not be registered.
public struct ExporterRegistryError: Error, Sendable, CustomStringConvertible {
    /// What went wrong, for a person.
    public var message: String

    /// The message.
    public var description: String { message }
}
