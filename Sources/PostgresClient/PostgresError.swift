/// Why a PostgreSQL server did not do what it was asked for. Carries no secrets.
public struct PostgresError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable, Hashable {
            case cannotConnect = "cannot connect"
            case connectionLost = "connection lost"
            case queryFailed = "query failed"
            case timedOut = "timed out"
            case tooLarge = "too large"
            case misused = "misused"
            case closed = "closed"
        }

        private var value: Value

        /// The server cannot be reached, or does not let us in.
        public static let cannotConnect = Code(value: .cannotConnect)
        /// The connection broke, or what came over it made no sense. What was under way may have been done or not.
        public static let connectionLost = Code(value: .connectionLost)
        /// The server refused a statement; its code is in ``PostgresError/state``.
        public static let queryFailed = Code(value: .queryFailed)
        /// A deadline passed, here or at the server.
        public static let timedOut = Code(value: .timedOut)
        /// A result is larger than the limit.
        public static let tooLarge = Code(value: .tooLarge)
        /// The statement or its parameters cannot be sent.
        public static let misused = Code(value: .misused)
        /// Who used the connection is closed.
        public static let closed = Code(value: .closed)

        /// The code in words.
        public var description: String { value.rawValue }
    }

    /// What kind of failure.
    public var code: Code
    /// What happened, for a person, on one line; the server's or libpq's words where there are some.
    public var message: String
    /// The server's five-character code (SQLSTATE), such as `42P01`, if it gave one.
    public var state: String?

    /// Creates an error.
    public init(code: Code, message: String, state: String? = nil) {
        self.code = code
        self.message = message
        self.state = state
    }

    /// The message.
    public var description: String { message }
}
