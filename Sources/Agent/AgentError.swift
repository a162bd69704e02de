/// The agent cannot start or go on: what is at fault, in one line for a person.
public struct AgentError: Error, Sendable, CustomStringConvertible {
    /// What kind of fault it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private let name: String

        /// The configuration is wrong or cannot be read.
        public static let configuration = Code(name: "configuration")
        /// The state on disk cannot be used.
        public static let state = Code(name: "state")
        /// A source does not answer.
        public static let source = Code(name: "source")
        /// The address cannot be listened on.
        public static let listen = Code(name: "listen")

        /// The name of the code.
        public var description: String { name }
    }

    /// What kind of fault it is.
    public var code: Code
    /// What is at fault.
    public var message: String
    /// What caused it, if something did.
    public var cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message and its cause in one line.
    public var description: String { cause.map { "\(message): \($0)" } ?? message }
}
