import Glibc

/// A file could not be read, or was not the kind of file that was expected.
public struct BoundedFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, without the file's name.
    public var message: String
    /// Whether the file does not exist.
    public var isMissing: Bool

    init(message: String) {
        self.message = message
        self.isMissing = false
    }

    init(errno code: Int32) {
        self.message = String(cString: strerror(code))
        self.isMissing = code == ENOENT
    }

    /// The message.
    public var description: String { message }
}
