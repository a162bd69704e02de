import Synchronization

/// A value that will come from somewhere else, and the tasks that wait for it.
///
/// Who waits can give up, at a deadline or by cancellation, without any influence on where the value comes from.
final class Pending<Value: Sendable>: Sendable {
    private struct State {
        var value: Value?
        var lastID: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Value, any Error>] = [:]
    }

    private let state = Mutex(State())

    /// How many tasks wait.
    var waiterCount: Int { state.withLock { $0.waiters.count } }

    /// Gives the value to all who wait, now and later. Only the first value counts.
    func complete(with value: Value) {
        let waiters = state.withLock { state in
            guard state.value == nil else { return [UInt64: CheckedContinuation<Value, any Error>]() }
            state.value = value
            defer { state.waiters = [:] }
            return state.waiters
        }
        for waiter in waiters.values { waiter.resume(returning: value) }
    }

    /// Waits for the value.
    ///
    /// - Throws: ``TransportError`` when the deadline passes, `CancellationError` when the task is cancelled.
    func value<C: Clock<Duration>>(until deadline: C.Instant, clock: C) async throws -> Value {
        if let value = state.withLock({ $0.value }) { return value }
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await self.value() }
            group.addTask {
                try await clock.sleep(until: deadline, tolerance: nil)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let value = first else {
                throw TransportError(code: .timedOut, message: "timed out")
            }
            return value
        }
    }

    private func value() async throws -> Value {
        let id = state.withLock { state in
            state.lastID &+= 1
            return state.lastID
        }
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let value = state.withLock { state -> Value? in
                    if let value = state.value { return value }
                    state.waiters[id] = continuation
                    return nil
                }
                if let value { continuation.resume(returning: value) }
                // A cancellation that came before parking found nobody to wake.
                if Task.isCancelled { cancel(id) }
            }
        } onCancel: {
            cancel(id)
        }
    }

    private func cancel(_ id: UInt64) {
        let waiter = state.withLock { $0.waiters.removeValue(forKey: id) }
        waiter?.resume(throwing: CancellationError())
    }
}
