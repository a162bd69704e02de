/// Why waiting for a descriptor, for blocking work or for a socket came to nothing.
public struct TransportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable, Hashable {
            case timedOut = "timed out"
            case alreadyWaiting = "already waiting"
            case notRunning = "not running"
            case forgotten = "forgotten"
            case busy = "busy"
            case notFound = "not found"
            case invalidEndpoint = "invalid endpoint"
            case refused = "refused"
            case closed = "closed"
            case system = "system"
        }

        private var value: Value

        /// The deadline passed.
        public static let timedOut = Code(value: .timedOut)
        /// Another task waits for the same descriptor.
        public static let alreadyWaiting = Code(value: .alreadyWaiting)
        /// The reactor was not started, or was stopped.
        public static let notRunning = Code(value: .notRunning)
        /// The descriptor was forgotten while a task waited for it.
        public static let forgotten = Code(value: .forgotten)
        /// Too much blocking work is queued.
        public static let busy = Code(value: .busy)
        /// A host name has no addresses, or cannot be looked up.
        public static let notFound = Code(value: .notFound)
        /// The text is no endpoint, or the endpoint cannot exist.
        public static let invalidEndpoint = Code(value: .invalidEndpoint)
        /// No connection could be made: nobody listens, or the way there is blocked.
        public static let refused = Code(value: .refused)
        /// The connection was closed, by the peer or by this side.
        public static let closed = Code(value: .closed)
        /// The operating system refused.
        public static let system = Code(value: .system)

        /// The code in words.
        public var description: String { value.rawValue }
    }

    /// What kind of failure.
    public var code: Code
    /// What happened, for a person.
    public var message: String

    /// Creates an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
