/// Why a request has no answer.
public struct HTTPError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The kinds of failure.
    public enum Code: String, Sendable, Hashable {
        /// The request itself is not allowed, and nothing was sent: its URL, a header, a setting.
        case badRequest = "bad request"
        /// The host's name has no address, or looking it up failed.
        case resolution
        /// There is no connection, or it broke before the end of the answer.
        case connection
        /// The encrypted connection cannot be made, or the server is not the one that it should be.
        case tls
        /// The deadline passed.
        case timedOut = "timed out"
        /// The answer is larger than wanted.
        case tooLarge = "too large"
        /// The answer is not HTTP, or there are too many redirects.
        case protocolViolation = "protocol violation"
        /// The system refused something, or the client is not running.
        case system
    }

    /// What kind of failure.
    public var code: Code
    /// What happened, for a person. Without secrets.
    public var message: String

    /// Creates an error.
    public init(code: Code, message: String) {
        self.code = code
        self.message = message
    }

    /// The message.
    public var description: String { message }
}
