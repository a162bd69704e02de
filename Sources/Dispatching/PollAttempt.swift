import Synchronization

/// Whether a source's callback is running, so that a second one is never started beside it.
final class PollAttempt: Sendable {
    private let isRunning = Mutex(false)

    /// Begins, unless one is running.
    func begin() -> Bool {
        isRunning.withLock { isRunning in
            defer { isRunning = true }
            return !isRunning
        }
    }

    /// The callback has come back.
    func end() {
        isRunning.withLock { $0 = false }
    }
}
