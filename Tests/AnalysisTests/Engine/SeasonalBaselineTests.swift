import Foundation
import Testing

@testable import Analysis

@Suite("What is usual in an hour of the week")
struct SeasonalBaselineTests {
    static let hour: Int64 = 3_600_000
    static let week: Int64 = 168 * hour
    /// Monday, 2025-06-16, 00:00 UTC.
    static let monday: Int64 = 1_750_032_000_000

    @Test("Hours of the week are counted from Monday 00:00 UTC, before 1970 too")
    func phases() {
        #expect(SeasonalBaseline.phase(0) == 72)
        #expect(SeasonalBaseline.phase(Self.monday / Self.hour) == 0)
        #expect(SeasonalBaseline.phase(Self.monday / Self.hour - 1) == 167)
        #expect(SeasonalBaseline.phase(-73) == 167)
        #expect((0..<168).contains(SeasonalBaseline.phase(.min)) && (0..<168).contains(SeasonalBaseline.phase(.max)))
    }

    @Test("An hour is known from the next week on")
    func known() {
        var baseline = SeasonalBaseline()
        for minute in 0..<60 {
            baseline.learn(5, at: Self.monday + Int64(minute) * 60_000)
            #expect(baseline.expected(at: Self.monday + Int64(minute) * 60_000) == nil)
        }
        #expect(baseline.expected(at: Self.monday + Self.hour) == nil)
        #expect(baseline.expected(at: Self.monday + Self.week) == 5)
        #expect(baseline.knownCount == 0)
        baseline.learn(7, at: Self.monday + Self.hour)
        #expect(baseline.knownCount == 1)
        #expect(baseline.expected(at: Self.monday + Self.week) == 5)
    }

    @Test("An hour that was left out for weeks is compared with what it was then")
    func onlyHour() {
        var baseline = SeasonalBaseline()
        baseline.learn(5, at: Self.monday)
        // The next value comes in the same hour of the week, so the first has not been folded in.
        #expect(baseline.expected(at: Self.monday + 3 * Self.week) == 5)
        baseline.learn(9, at: Self.monday + 3 * Self.week)
        #expect(baseline.expected(at: Self.monday + 3 * Self.week) == 5)
        #expect(baseline.expected(at: Self.monday + 4 * Self.week) == 7)
    }

    @Test("Each week counts as much as the others at first, and a quarter later on")
    func weeks() {
        var baseline = SeasonalBaseline()
        var expected: [Double?] = []
        for (week, value) in [8.0, 4, 0, 100, 100].enumerated() {
            baseline.learn(value, at: Self.monday + Int64(week) * Self.week)
            baseline.learn(0, at: Self.monday + Int64(week) * Self.week + Self.hour * 5)
            expected.append(baseline.expected(at: Self.monday + Int64(week + 1) * Self.week))
        }
        #expect(expected == [8, 6, 4, 28, 46])
    }

    @Test("From the middle of one hour to that of the next the mean goes in a straight line")
    func interpolates() {
        var baseline = SeasonalBaseline()
        for hour in 0..<3 { baseline.learn(Double(hour) * 10, at: Self.monday + Int64(hour) * Self.hour) }
        baseline.learn(0, at: Self.monday + 100 * Self.hour)
        func expected(_ hours: Double) -> Double? {
            baseline.expected(at: Self.monday + Self.week + Int64(hours * Double(Self.hour)))
        }
        #expect(expected(0) == 0 && expected(0.5) == 0 && expected(1) == 5 && expected(1.5) == 10)
        #expect(expected(1.75) == 12.5 && expected(2.5) == 20)
        // Beyond lies an hour that is not known.
        #expect(expected(2.99) == 20 && expected(3) == nil)
    }

    @Test("What is not a number, or too large for one, is not learned")
    func hostile() {
        var baseline = SeasonalBaseline()
        for value in [Double.nan, .infinity, -.infinity, 1e308] { baseline.learn(value, at: Self.monday) }
        #expect(baseline.expected(at: Self.monday + Self.week) == nil)
        for value in [1e300, -1e300, 1e300] { baseline.learn(value, at: Self.monday) }
        #expect(baseline.expected(at: Self.monday + Self.week)?.isFinite == true)
        for time in [Int64.min, .max, 0, -1] {
            baseline.learn(1, at: time)
            _ = baseline.expected(at: time)
        }
    }

    // MARK: - With a detector

    /// Load that is high by day and low at weekends.
    private static func usual(_ time: Int64) -> Double {
        let hours = Double(time % (24 * hour)) / Double(hour)
        let isWeekend = SeasonalBaseline.phase(time / hour) >= 120
        return 100 + (isWeekend ? 10 : 50) * (1 - cos(hours / 24 * 2 * .pi))
    }

    /// So many weeks of usual load, a value every five minutes; `change` may replace values.
    private static func run(
        _ baseline: SpotSelection.Baseline,
        weeks: Int,
        change: (Int64, Double) -> Double = { $1 }
    ) throws -> (alerts: [SpotAlert], steps: [(time: Int64, step: SpotStep?)], replay: SpotReplay) {
        var draws = Draws(seed: 12)
        let parameters = SpotParameters(depth: 0, initialCount: 500, level: 0.9)
        var replay = try SpotReplay(
            options: .init(parameters: parameters, baseline: baseline, resolveAfter: 600_000)
        )
        var steps: [(time: Int64, step: SpotStep?)] = []
        for index in 0..<(weeks * 2016) {
            let time = monday + Int64(index) * 300_000
            let value = change(time, usual(time) + draws.gaussian())
            steps.append((time, replay.take(value, at: time)))
        }
        return (replay.foundAlerts, steps, replay)
    }

    @Test("A value that is usual at noon is found at night, in the units of the series")
    func found() throws {
        // Wednesday of the fourth week, 01:00.
        let night = Self.monday + 3 * Self.week + 49 * Self.hour
        let surge: (Int64, Double) -> Double = { time, value in time == night ? 130 : value }
        let result = try Self.run(.hourOfWeek, weeks: 4, change: surge)
        let alert = try #require(result.alerts.first { $0.start == night })
        #expect(alert.value == 130 && alert.probability < 1e-6)
        #expect(abs(alert.drift - Self.usual(night)) < 2)
        #expect(alert.threshold.map { $0 > alert.drift + 2 && $0 < alert.drift + 12 } == true)
        #expect(result.alerts.count <= 3)
        let without = try Self.run(.off, weeks: 4, change: surge)
        #expect(!without.alerts.contains { $0.start == night })
    }

    @Test("Before a week has passed the detector sees values as they are; then it begins anew with deviations")
    func begins() throws {
        let result = try Self.run(.hourOfWeek, weeks: 2)
        let inForce = try #require(result.steps.first { ($0.step?.drift ?? 0) != 0 })
        #expect(inForce.time == Self.monday + Self.week && inForce.step?.status == .learning)
        #expect(result.steps[..<2016].contains { $0.step?.status == .normal })
        // 500 values later it is calibrated; none of what it has seen is flagged.
        #expect(result.steps[2516].step?.status != .learning && result.steps[2515].step?.status == .learning)
        #expect(result.alerts.isEmpty)
    }

    @Test("An hour that is not known is a gap: nothing is flagged in it, and it is learned for the next week")
    func unknownHour() throws {
        // On Tuesday of the first week there is nothing from 10:00 to 13:00.
        let first = Self.monday + 34 * Self.hour
        let last = first + 3 * Self.hour
        let missing: (Int64, Double) -> Double = { time, value in
            (first..<last).contains(time) ? .nan : value
        }
        let result = try Self.run(.hourOfWeek, weeks: 3, change: missing)
        for (time, step) in result.steps where ((first + Self.week)..<(last + Self.week)).contains(time) {
            #expect(step == nil)
        }
        for (time, step) in result.steps where ((first + 2 * Self.week)..<(last + 2 * Self.week)).contains(time) {
            #expect(step?.status == .normal || step?.status == .excess)
        }
        #expect(result.alerts.isEmpty)
    }

    @Test("Flagged values do not change what is usual")
    func flagged() throws {
        // An hour of the third week is far from usual.
        let surge = Self.monday + 2 * Self.week + 60 * Self.hour
        let result = try Self.run(.hourOfWeek, weeks: 4) { time, value in
            (surge..<(surge + Self.hour)).contains(time) ? value + 500 : value
        }
        #expect(result.alerts.contains { $0.start == surge && $0.count == 12 })
        let nextWeek = try #require(result.steps.first { $0.time == surge + Self.week + Self.hour / 2 }?.step)
        #expect(abs(nextWeek.drift - Self.usual(surge + Self.week + Self.hour / 2)) < 3)
    }

    @Test("Thresholds have the baseline of the time in them")
    func thresholds() throws {
        let result = try Self.run(.hourOfWeek, weeks: 3)
        let threshold = try #require(result.replay.threshold(of: .up))
        let end = Self.monday + 3 * Self.week - 300_000
        #expect(threshold > Self.usual(end) + 2 && threshold < Self.usual(end) + 12)
    }
}
