import Discovery
import Dispatching
import Synchronization
import TestSupport

/// A callback whose answers a test gives.
final class ScriptedSource: Sendable {
    private struct State {
        var list: Result<[MatchedService], TestSupportError>
        var isStuck = false
        var polls = 0
        var running = 0
        var mostRunning = 0
        var stuck: [CheckedContinuation<Void, Never>] = []
    }

    private let state: Mutex<State>

    init(_ list: [MatchedService]) {
        state = Mutex(State(list: .success(list)))
    }

    /// How often it was asked.
    var polls: Int { state.withLock { $0.polls } }
    /// How many calls ran at one time, at most.
    var mostRunning: Int { state.withLock { $0.mostRunning } }
    /// How many calls run.
    var running: Int { state.withLock { $0.running } }

    func answer(_ list: [MatchedService]) {
        state.withLock { $0.list = .success(list) }
    }

    func fail(_ message: String) {
        state.withLock { $0.list = .failure(TestSupportError(message)) }
    }

    /// From now on calls do not come back, whatever is asked of them.
    func getStuck() {
        state.withLock { $0.isStuck = true }
    }

    /// Lets calls come back again.
    func release() {
        let stuck = state.withLock { state in
            defer { state.stuck = [] }
            state.isStuck = false
            return state.stuck
        }
        for continuation in stuck { continuation.resume() }
    }

    func poll() async throws -> [MatchedService] {
        state.withLock { state in
            state.polls += 1
            state.running += 1
            state.mostRunning = max(state.mostRunning, state.running)
        }
        defer { state.withLock { $0.running -= 1 } }
        await withCheckedContinuation { continuation in
            let isStuck = state.withLock { state in
                if state.isStuck { state.stuck.append(continuation) }
                return state.isStuck
            }
            if !isStuck { continuation.resume() }
        }
        return try state.withLock { try $0.list.get() }
    }
}
