import Synchronization

/// The paths of one collection, shared by the task that waits and the thread that asks.
final class MountRound: Sendable {
    private struct State {
        /// Nil for what has not been asked to its end.
        var outcomes: [MountOutcome?]
        var next = 0
        var current: Int?
        /// The thread that works for this round; earlier ones were given up.
        var worker = 0
        /// Grows with every path that is begun.
        var progress = 0
        var waiter: CheckedContinuation<Void, Never>?
        var isWaiterCancelled = false

        var isFinished: Bool { current == nil && next >= outcomes.count }
    }

    private let paths: [[UInt8]]
    private let stuck: StuckMounts
    private let state: Mutex<State>

    init(paths: [[UInt8]], stuck: StuckMounts) {
        self.paths = paths
        self.stuck = stuck
        var state = State(outcomes: paths.map { stuck.contains($0) ? .stuck : nil })
        Self.skipAnswered(&state)
        self.state = Mutex(state)
    }

    var isFinished: Bool { state.withLock(\.isFinished) }

    var outcomes: [MountOutcome] { state.withLock { $0.outcomes.map { $0 ?? .stuck } } }

    var progress: Int { state.withLock(\.progress) }

    // MARK: The thread

    func newWorker() -> Int {
        state.withLock { state in
            state.worker += 1
            return state.worker
        }
    }

    /// The next path to ask; nil if there is none, or this thread was given up.
    func take(_ worker: Int) -> (index: Int, path: [UInt8])? {
        let (taken, waiter) = state.withLock { state -> ((Int, [UInt8])?, CheckedContinuation<Void, Never>?) in
            guard worker == state.worker else { return (nil, nil) }
            guard state.next < paths.count else {
                defer { state.waiter = nil }
                return (nil, state.waiter)
            }
            let index = state.next
            state.current = index
            state.next += 1
            state.progress += 1
            Self.skipAnswered(&state)
            return ((index, paths[index]), nil)
        }
        waiter?.resume()
        return taken.map { (index: $0.0, path: $0.1) }
    }

    /// Notes an outcome; returns false if the thread was given up meanwhile.
    func settle(_ index: Int, _ outcome: MountOutcome, _ worker: Int) -> Bool {
        state.withLock { state in
            guard worker == state.worker else { return false }
            state.outcomes[index] = outcome
            state.current = nil
            return true
        }
    }

    // MARK: The task

    /// To be called before ``finished()`` is awaited again.
    func prepareToWait() {
        state.withLock { $0.isWaiterCancelled = false }
    }

    /// Waits until all paths are asked, or the task is cancelled.
    func finished() async {
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let isOver = state.withLock { state in
                    if state.isFinished || state.isWaiterCancelled { return true }
                    state.waiter = continuation
                    return false
                }
                if isOver { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { state in
                state.isWaiterCancelled = true
                defer { state.waiter = nil }
                return state.waiter
            }
            waiter?.resume()
        }
    }

    /// Declares the path that is being asked stuck and gives up its thread, unless work has gone on since `progress`.
    func giveUp(unlessPast progress: Int) -> Bool {
        state.withLock { state in
            guard let current = state.current, state.progress == progress else { return false }
            state.outcomes[current] = .stuck
            state.current = nil
            state.worker += 1
            // While the lock is held, so that the thread cannot have removed it before.
            stuck.insert(paths[current])
            return true
        }
    }

    /// Asks no more; the path that is being asked counts as stuck until it answers.
    func giveUpAll() {
        state.withLock { state in
            if let current = state.current { stuck.insert(paths[current]) }
            state.worker += 1
            state.current = nil
            state.next = paths.count
        }
    }

    private static func skipAnswered(_ state: inout State) {
        while state.next < state.outcomes.count, state.outcomes[state.next] != nil { state.next += 1 }
    }
}
