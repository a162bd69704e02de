/// A send that did not come to its end.
public struct SocketSendError: Error, Sendable, CustomStringConvertible {
    /// How many bytes the kernel had taken. They may have reached the peer, or not; the others have not.
    public var taken: Int
    /// Why it ended: a ``TransportError`` or a `CancellationError`.
    public var cause: any Error

    /// Creates an error.
    public init(taken: Int, cause: any Error) {
        self.taken = taken
        self.cause = cause
    }

    /// Whether the task was cancelled.
    public var isCancellation: Bool { cause is CancellationError }

    /// The cause, and how far it had come.
    public var description: String { "\(isCancellation ? "cancelled" : "\(cause)"), after \(taken) bytes" }
}
