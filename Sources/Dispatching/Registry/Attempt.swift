import ExporterKit
import Synchronization

/// Runs something that comes from outside and may never come back, and waits for it only so long.
///
/// When its time is over, or the waiting task is cancelled, it is cancelled and left alone; should it come back later
/// after all, `ifLate` cleans up after it.
enum Attempt {
    enum Outcome<Success: Sendable>: Sendable {
        case finished(Result<Success, any Error>)
        case timedOut
        case cancelled
    }

    static func run<Success: Sendable>(
        within timeout: Duration,
        by time: TimeSource,
        _ operation: @escaping @Sendable () async throws -> Success,
        ifLate: @escaping @Sendable (Result<Success, any Error>) async -> Void
    ) async -> Outcome<Success> {
        let race = Race<Success>()
        let deadline = time.now + timeout
        // Not a child task: a child that never returns would keep its parent for ever.
        let task = Task.detached {
            let result: Result<Success, any Error>
            do { result = .success(try await operation()) } catch { result = .failure(error) }
            if !race.end(with: .finished(result)) { await ifLate(result) }
        }
        return await withTaskGroup(of: Void.self) { group in
            group.addTask {
                try? await time.sleep(until: deadline)
                if !Task.isCancelled { race.end(with: .timedOut) }
            }
            let outcome = await withTaskCancellationHandler {
                await race.outcome()
            } onCancel: {
                race.end(with: .cancelled)
            }
            group.cancelAll()
            task.cancel()
            return outcome
        }
    }

    /// The first outcome wins.
    private final class Race<Success: Sendable>: Sendable {
        private struct State {
            var outcome: Outcome<Success>?
            var waiter: CheckedContinuation<Outcome<Success>, Never>?
        }

        private let state = Mutex(State())

        @discardableResult
        func end(with outcome: Outcome<Success>) -> Bool {
            let (isFirst, waiter) = state.withLock { state in
                guard state.outcome == nil else {
                    return (false, nil as CheckedContinuation<Outcome<Success>, Never>?)
                }
                state.outcome = outcome
                defer { state.waiter = nil }
                return (true, state.waiter)
            }
            waiter?.resume(returning: outcome)
            return isFirst
        }

        func outcome() async -> Outcome<Success> {
            await withCheckedContinuation { continuation in
                let outcome = state.withLock { state in
                    if state.outcome == nil { state.waiter = continuation }
                    return state.outcome
                }
                if let outcome { continuation.resume(returning: outcome) }
            }
        }
    }
}
