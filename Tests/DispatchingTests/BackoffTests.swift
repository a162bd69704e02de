import Dispatching
import TestSupport
import Testing

struct BackoffTests {
    @Test func doublesUntilTheLongestWait() {
        let backoff = Backoff(initial: .seconds(1), multiplier: 2, maximum: .seconds(30), jitter: 0)
        var generator = SeededGenerator(seed: 1)
        let delays = (1...7).map { backoff.delay(afterFailures: $0, using: &generator) }
        #expect(delays == [1, 2, 4, 8, 16, 30, 30].map { .seconds($0) })
    }

    @Test func jitterStaysWithinItsShare() {
        let backoff = Backoff(initial: .seconds(10), multiplier: 2, maximum: .seconds(10), jitter: 0.2)
        var generator = SeededGenerator(seed: 7)
        let delays = (0..<1000).map { _ in backoff.delay(afterFailures: 1, using: &generator) }
        #expect(delays.allSatisfy { $0 >= .seconds(8) && $0 <= .seconds(12) })
        #expect(Set(delays).count > 900)
    }

    @Test func noNumberOfFailuresOverflows() {
        var generator = SeededGenerator(seed: 1)
        let delay = Backoff(jitter: 0).delay(afterFailures: .max, using: &generator)
        #expect(delay == .seconds(30))
    }
}
