import Synchronization

/// Lets so many tasks pass at a time; the others wait in the order in which they came.
final class ConcurrencyLimit: Sendable {
    private struct State {
        var free: Int
        var lastTicket: UInt64 = 0
        /// All tickets up to this one have been served or given up.
        var served: UInt64 = 0
        var waiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]

        mutating func takeFirst() -> CheckedContinuation<Bool, Never>? {
            guard !waiters.isEmpty else { return nil }
            while served < lastTicket {
                served += 1
                if let waiter = waiters.removeValue(forKey: served) { return waiter }
            }
            return nil
        }
    }

    private let state: Mutex<State>

    init(_ limit: Int) {
        state = Mutex(State(free: max(limit, 1)))
    }

    /// Waits for a place.
    ///
    /// - Returns: False if the task was cancelled first; then no place is held.
    func enter() async -> Bool {
        let ticket = state.withLock { state in
            state.lastTicket += 1
            return state.lastTicket
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    if Task.isCancelled { return false }
                    if state.free > 0 {
                        state.free -= 1
                        return true
                    }
                    // A ticket that was drawn long before it waits here may have been passed by.
                    state.served = min(state.served, ticket - 1)
                    state.waiters[ticket] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: ticket) }?.resume(returning: false)
        }
    }

    /// Gives the place to who has waited longest.
    func leave() {
        let next = state.withLock { state -> CheckedContinuation<Bool, Never>? in
            let next = state.takeFirst()
            if next == nil { state.free += 1 }
            return next
        }
        next?.resume(returning: true)
    }
}
