import TestSupport
import Testing

@testable import Dispatching

struct PollPhaseTests {
    private func next(after now: Duration, seed: UInt64) -> Duration {
        PollPhase.next(after: now, DispatcherConfiguration(interval: .seconds(30), seed: seed))
    }

    @Test func pollsComeOnceAnIntervalAtOnePoint() {
        for seed: UInt64 in 0..<50 {
            let first = next(after: .seconds(1_700_000_000), seed: seed)
            #expect(first > .seconds(1_700_000_000) && first <= .seconds(1_700_000_030))
            #expect(next(after: first, seed: seed) == first + .seconds(30))
            #expect(next(after: first - .nanoseconds(1), seed: seed) == first)
            // Ticks that were missed do not come later.
            #expect(next(after: first + .seconds(95), seed: seed) == first + .seconds(120))
        }
    }

    @Test func agentsSpreadOverTheInterval() {
        let points = (0..<1000).map { next(after: .zero, seed: UInt64($0)) }
        let quarters = Dictionary(grouping: points) { Int($0 / .seconds(7.5)) }
        #expect(quarters.keys.sorted() == [0, 1, 2, 3])
        #expect(quarters.values.allSatisfy { $0.count > 180 })
    }

    @Test func timesBefore1970AreNoProblem() {
        let point = next(after: .seconds(-100), seed: 3)
        #expect(point > .seconds(-100) && point <= .seconds(-70))
    }
}
