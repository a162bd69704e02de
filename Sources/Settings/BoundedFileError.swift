import Glibc

/// A file could not be read, or was not the kind of file that was expected.
public struct BoundedFileError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What kind of failure it is, for those that callers treat differently.
    enum Reason: Hashable {
        case missing
        case unreadable
        case notARegularFile
        case tooLarge
        case notText
    }

    /// What is wrong, without the file's name.
    public var message: String

    private let reason: Reason

    /// Whether the file does not exist.
    public var isMissing: Bool { reason == .missing }

    /// Whether the file could be read, but not what is in it: it is too large, or not UTF-8.
    public var isAboutContent: Bool { reason == .tooLarge || reason == .notText }

    init(_ reason: Reason, message: String) {
        self.message = message
        self.reason = reason
    }

    init(errno code: Int32) {
        self.init(code == ENOENT || code == ENOTDIR ? .missing : .unreadable, message: String(cString: strerror(code)))
    }

    /// The message.
    public var description: String { message }
}
