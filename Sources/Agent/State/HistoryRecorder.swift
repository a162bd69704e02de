import Logging
import Synchronization

/// Writes events to the history as they happen, several at a time, and never holds anybody up: when the disk cannot
/// follow, the oldest events that wait are given up and counted.
final class HistoryRecorder: Sendable {
    /// How many events wait at most.
    static let capacity = 10_000

    private let store: StateStore
    private let logger: Logger
    private let wake: AsyncStream<Void>
    private let waker: AsyncStream<Void>.Continuation
    private let state = Mutex(State())

    fileprivate struct State {
        var waiting: [HistoryEvent] = []
        var lost = 0
        var isFailing = false
    }

    init(store: StateStore, logger: Logger) {
        self.store = store
        self.logger = logger
        (wake, waker) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// How many events were given up.
    var lost: Int { state.withLock { $0.lost } }

    /// Takes an event; returns at once.
    func record(_ event: HistoryEvent) {
        state.withLock { state in
            if state.waiting.count >= Self.capacity {
                state.waiting.removeFirst(Self.capacity / 10)
                state.lost += Self.capacity / 10
            }
            state.waiting.append(event)
        }
        waker.yield()
    }

    /// Says that nothing more comes, so that ``run()`` writes the rest and returns.
    func finish() {
        waker.finish()
    }

    /// Writes until ``finish()``, also when the task is cancelled: what happens at a shutdown belongs to the history.
    func run() async {
        await Task.detached { [self] in
            for await _ in wake { await write() }
            await write()
        }.value
    }

    private func write() async {
        let events = state.withLock { state in
            defer { state.waiting = [] }
            return state.waiting
        }
        guard !events.isEmpty else { return }
        do {
            try await store.append(events)
            if state.withLock({ $0.change(isFailing: false) }) { logger.info("The history is written again") }
        } catch {
            state.withLock { $0.lost += events.count }
            // One line when it begins, not one for every event.
            if state.withLock({ $0.change(isFailing: true) }) {
                logger.error("The history cannot be written", metadata: ["error": "\(error)"])
            }
        }
    }
}

extension HistoryRecorder.State {
    fileprivate mutating func change(isFailing: Bool) -> Bool {
        defer { self.isFailing = isFailing }
        return self.isFailing != isFailing
    }
}
