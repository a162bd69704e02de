import Synchronization
import TestSupport

/// A ``ManualClock`` that says how many tasks sleep by it.
///
/// A task counts from when it calls: should the clock be advanced before it is asleep, it does not fall asleep.
final class CountingClock: Clock {
    typealias Instant = ManualClock.Instant

    private let clock: ManualClock
    private let count = Mutex(0)

    init(_ clock: ManualClock) {
        self.clock = clock
    }

    var sleepers: Int { count.withLock { $0 } }
    var now: Instant { clock.now }
    var minimumResolution: Duration { clock.minimumResolution }

    func sleep(until deadline: Instant, tolerance: Duration?) async throws {
        count.withLock { $0 += 1 }
        defer { count.withLock { $0 -= 1 } }
        try await clock.sleep(until: deadline, tolerance: tolerance)
    }
}
