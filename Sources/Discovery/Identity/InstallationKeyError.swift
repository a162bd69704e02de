/// The key of the installation can neither be read nor made.
public struct InstallationKeyError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, with the file's name.
    public var message: String

    init(_ message: String) {
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
