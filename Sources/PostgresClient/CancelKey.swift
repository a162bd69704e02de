import CPostgres

/// What it takes to cancel the present statement of a connection at its server.
///
/// `@unchecked Sendable`, because a `PGcancel` is a copy of an address and a key that nothing changes.
package final class CancelKey: @unchecked Sendable {
    private let pointer: OpaquePointer

    init?(of connection: OpaquePointer) {
        guard let pointer = PQgetCancel(connection) else { return nil }
        self.pointer = pointer
    }

    deinit {
        PQfreeCancel(pointer)
    }

    /// Asks the server, over a connection of its own; blocks until the server has taken notice.
    ///
    /// - Returns: Whether it has.
    @discardableResult
    package func cancel() -> Bool {
        var message = [CChar](repeating: 0, count: 256)
        return PQcancel(pointer, &message, Int32(message.count)) == 1
    }
}
