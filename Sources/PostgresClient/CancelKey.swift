import CPostgres

/// What it takes to cancel the present statement of a connection at its server.
///
/// `@unchecked Sendable`, because a `PGcancel` is a copy of an address and a key that nothing changes.
final class CancelKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(of connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Asks the server, over a connection of its own; blocks until the server has taken notice.
    func cancel() {
        var message = [CChar](repeating: 0, count: 256)
        _ = PQcancel(pointer, &message, Int32(message.count))
    }
}
