import Testing

@testable import Analysis

@Suite("The distance of samples")
struct SampleSpacingTests {
    @Test("Samples that did not come are counted by the usual distance")
    func missing() {
        var spacing = SampleSpacing()
        #expect(spacing.arrive(at: 0) == .first)
        for index in 1...20 { #expect(spacing.arrive(at: Int64(index) * 15_000) == .next(missing: 0)) }
        #expect(spacing.arrive(at: 20 * 15_000 + 150_000) == .next(missing: 9))
        #expect(spacing.arrive(at: 20 * 15_000 + 165_000 + 3000) == .next(missing: 0))
    }

    @Test("One odd distance changes little, a new interval becomes the usual one")
    func adapts() {
        var spacing = SampleSpacing(last: 0, usual: 15_000)
        #expect(spacing.arrive(at: 300) == .next(missing: 0))
        #expect(spacing.usual > 13_000)
        var time: Int64 = 300
        for _ in 0..<40 {
            time += 60_000
            _ = spacing.arrive(at: time)
        }
        #expect(abs(spacing.usual - 60_000) < 1000)
    }

    @Test("What is not newer is old, unless the clock was set back by more than five minutes")
    func old() {
        var spacing = SampleSpacing(last: 1_000_000, usual: 1000)
        #expect(spacing.arrive(at: 1_000_000) == .old)
        #expect(spacing.arrive(at: 700_000) == .old)
        #expect(spacing.arrive(at: 699_999) == .setBack)
        #expect(spacing.arrive(at: 701_000) == .next(missing: 0))
    }

    @Test("Times at the ends of the range trap nothing")
    func extremes() {
        var spacing = SampleSpacing()
        for time in [Int64.min, .max, .min, 0, .max, 1, .max] { _ = spacing.arrive(at: time) }
        #expect(spacing.usual > 0)
    }
}
