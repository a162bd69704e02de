/// Why a queue could not do what it was asked to. Nothing has changed then.
public struct QueueError: Error, Sendable, CustomStringConvertible {
    /// What kind of trouble it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Kind: String { case full, disk, closed, incompatible, inUse }
        private let kind: Kind

        /// The disk is full. It works again when there is space.
        public static let full = Code(kind: .full)
        /// The disk or the file system refuses otherwise.
        public static let disk = Code(kind: .disk)
        /// The queue has been closed.
        public static let closed = Code(kind: .closed)
        /// The file is a database of something else, or of a newer version. It is left alone.
        public static let incompatible = Code(kind: .incompatible)
        /// Another process has the file open.
        public static let inUse = Code(kind: .inUse)

        /// One word.
        public var description: String { kind.rawValue }
    }

    /// What kind of trouble it is.
    public var code: Code
    /// What went wrong, with the file, in one line for a person.
    public var message: String
    /// What it came from.
    public var cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// One line for a person.
    public var description: String { message }
}
