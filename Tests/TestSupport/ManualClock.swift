import Synchronization

/// A clock that only moves when a test says so.
///
/// Await `sleepers(atLeast:)` before advancing: it replaces every wall-clock sleep a test would need.
public final class ManualClock: Clock {
    /// A moment, counted from the clock's creation.
    public struct Instant: InstantProtocol {
        /// How long after the clock's creation.
        public var offset: Duration
        /// A later moment.
        public func advanced(by duration: Duration) -> Instant { Instant(offset: offset + duration) }
        /// How long until another moment.
        public func duration(to other: Instant) -> Duration { other.offset - offset }
        /// Whether it is earlier.
        public static func < (lhs: Instant, rhs: Instant) -> Bool { lhs.offset < rhs.offset }
    }

    private struct Sleeper {
        var deadline: Instant
        var continuation: CheckedContinuation<Void, any Error>
    }

    private struct State {
        var now = Instant(offset: .zero)
        var nextID: UInt64 = 0
        var sleepers: [UInt64: Sleeper] = [:]
        var cancelledBeforeSleep: Set<UInt64> = []
    }

    private let state = Mutex(State())

    /// Creates a clock that stands at zero.
    public init() {}

    /// The moment it stands at.
    public var now: Instant { state.withLock { $0.now } }
    /// One nanosecond.
    public var minimumResolution: Duration { .nanoseconds(1) }

    /// Sleeps until a test has advanced the clock to the deadline.
    public func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        let id = state.withLock { state in
            defer { state.nextID += 1 }
            return state.nextID
        }
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
                let result = state.withLock { state -> Result<Void, any Error>? in
                    if state.cancelledBeforeSleep.remove(id) != nil { return .failure(CancellationError()) }
                    if deadline <= state.now { return .success(()) }
                    state.sleepers[id] = Sleeper(deadline: deadline, continuation: continuation)
                    return nil
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            let sleeper = state.withLock { state -> Sleeper? in
                if let sleeper = state.sleepers.removeValue(forKey: id) { return sleeper }
                state.cancelledBeforeSleep.insert(id)
                return nil
            }
            sleeper?.continuation.resume(throwing: CancellationError())
        }
    }

    /// Lets other tasks run until at least `count` of them are asleep on this clock.
    ///
    /// - Throws: What ``until(within:file:line:isolation:_:)`` throws.
    public func sleepers(atLeast count: Int = 1, file: String = #fileID, line: Int = #line) async throws {
        try await until(file: file, line: line) { state.withLock { $0.sleepers.count } >= count }
    }

    /// Moves the clock from sleeper to sleeper until `condition` holds.
    ///
    /// It keeps pace with what it wakes, and does not touch those who sleep longer than `limit` from the moment it moves:
    /// the deadlines of work that takes its time.
    ///
    /// - Throws: What ``until(within:file:line:isolation:_:)`` throws.
    public func advance(
        stepsUpTo limit: Duration,
        file: String = #fileID,
        line: Int = #line,
        until condition: () -> Bool
    ) async throws {
        try await until(file: file, line: line) {
            if condition() { return true }
            let next = state.withLock { state in
                state.sleepers.values.map { state.now.duration(to: $0.deadline) }.min()
            }
            if let next, next <= limit { advance(by: next) }
            return false
        }
    }

    /// Moves the clock and wakes who is due.
    public func advance(by duration: Duration) {
        let due = state.withLock { state -> [Sleeper] in
            state.now = state.now.advanced(by: duration)
            let due = state.sleepers.filter { $0.value.deadline <= state.now }
            for id in due.keys { state.sleepers[id] = nil }
            return due.values.sorted { $0.deadline < $1.deadline }
        }
        for sleeper in due { sleeper.continuation.resume() }
    }
}
