import ExporterKit
import Synchronization

/// Something that one task waits for, for at most some time. What was signalled while nobody waited is not lost; several
/// signals are one.
final class Wakeup: Sendable {
    private struct State {
        var isSignalled = false
        var waiter: CheckedContinuation<Void, Never>?
    }

    private let state = Mutex(State())

    /// Wakes who waits, or who waits next.
    func signal() {
        let waiter = state.withLock { state in
            guard let waiter = state.waiter else {
                state.isSignalled = true
                return CheckedContinuation<Void, Never>?.none
            }
            state.waiter = nil
            return waiter
        }
        waiter?.resume()
    }

    /// Waits for a signal, or until a point of time; nil for no bound. May also return for no reason.
    ///
    /// It does not end when its task is cancelled.
    func wait(until deadline: Duration?, time: TimeSource) async {
        guard let deadline else { return await wait() }
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    try await time.sleep(until: deadline)
                    self.signal()
                } catch {
                    // The signal came first.
                }
            }
            await wait()
            group.cancelAll()
        }
    }

    private func wait() async {
        await withCheckedContinuation { continuation in
            let isSignalled = state.withLock { state in
                if state.isSignalled {
                    state.isSignalled = false
                    return true
                }
                state.waiter = continuation
                return false
            }
            if isSignalled { continuation.resume() }
        }
    }
}
