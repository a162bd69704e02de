/// A source could not answer, so that its last list must stay.
public struct SourceError: Error, Sendable, CustomStringConvertible {
    /// What kind of failure it is.
    public struct Code: Sendable, Hashable, CustomStringConvertible {
        private enum Value: String, Sendable {
            case unavailable, invalid, busy
        }

        private let value: Value

        /// Nothing could be read.
        public static var unavailable: Code { Code(value: .unavailable) }
        /// What was read makes no sense.
        public static var invalid: Code { Code(value: .invalid) }
        /// An earlier call has not come back.
        public static var busy: Code { Code(value: .busy) }

        /// The code's name.
        public var description: String { value.rawValue }
    }

    /// What kind of failure it is.
    public var code: Code
    /// What is wrong, naming the thing at fault.
    public var message: String
    /// What led to it.
    public var cause: (any Error)?

    /// Creates an error.
    public init(_ code: Code, _ message: String, cause: (any Error)? = nil) {
        self.code = code
        self.message = message
        self.cause = cause
    }

    /// The message, and its cause if there is one.
    public var description: String { cause.map { "\(message) (\($0))" } ?? message }
}
