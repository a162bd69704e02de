import PostgresClient
import Transport

extension ServerConnection {
    /// How long a statement may take to end before it is cancelled too, while a pipeline is drained.
    private static let patience = Duration.milliseconds(100)

    /// Stops at the server what was sent and is not wanted any more, and reads what is left of it.
    ///
    /// Closing the connection alone would not do: the server notices that only when it sends a result, so a slow query
    /// would run on, and those behind it in the pipeline would be begun.
    ///
    /// - Returns: Whether the connection can be used again.
    func abandon(pool: BlockingPool, until deadline: ContinuousClock.Instant) async -> Bool {
        guard let key = link.cancelKey else { return false }
        for _ in 0..<256 {
            guard ContinuousClock.now < deadline else { return false }
            // A cancellation that is late could hit the next collection's query, so without an answer the connection
            // cannot be kept.
            guard let isCancelled = try? await pool.run(until: deadline, { key.cancel() }), isCancelled else {
                return false
            }
            let patience = min(ContinuousClock.now.advanced(by: Self.patience), deadline)
            do {
                if pending != nil {
                    try await readPipeline(until: patience) { _, _ in }
                } else {
                    try await drainSimple(until: patience)
                }
                return isUsable
            } catch let error as TransportError where error.code == .timedOut {
                continue
            } catch {
                return false
            }
        }
        return false
    }
}
