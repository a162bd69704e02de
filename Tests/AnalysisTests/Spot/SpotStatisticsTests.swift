import Analysis
import Testing

/// The two numbers that a detector is chosen by. The table in the documentation has more of them, from longer runs.
@Suite("False alarms and found anomalies")
struct SpotStatisticsTests {
    static let cases: [(Distribution, Int)] = [
        (.gaussian, 50), (.exponential, 50), (.pareto, 50), (.lognormal, 50),
        (.gaussian, 0), (.exponential, 0), (.pareto, 0), (.lognormal, 0),
    ]

    @Test("On clean data false alarms are between 0.5 and 2.5 times q", arguments: cases)
    func falseAlarms(distribution: Distribution, depth: Int) throws {
        // The distribution is known, so each threshold tells how many alarms it gives. That needs fewer values than
        // counting alarms.
        var expected = 0.0
        var counted = 0
        var steps = 0
        for run in 0..<6 {
            var draws = Draws(seed: UInt64(100 + run))
            var detector = try SpotDetector(SpotParameters(depth: depth))
            for _ in 0..<20_000 {
                if let threshold = detector.upperThreshold {
                    expected += distribution.share(above: threshold)
                    steps += 1
                }
                if detector.step(draws.next(distribution)).isAlarm { counted += 1 }
            }
            #expect(detector.regimeChangeCount == 0)
        }
        let ratio = expected / (1e-4 * Double(steps))
        #expect((0.5...2.5).contains(ratio), "\(ratio)")
        // Ten alarms are expected; what is counted has to be in line with what the thresholds say.
        #expect(abs(Double(counted) - expected) <= 4 * expected.squareRoot() + 1, "\(counted), \(expected)")
    }

    @Test(
        "Of anomalies twice as far as the quantile, one in a thousand values, at least 85 % are found",
        arguments: cases.filter { $0.1 == 50 }
    )
    func recall(distribution: Distribution, depth: Int) throws {
        // On heavy tails about one run in forty starts with so high a threshold that the anomalies pass for values of the
        // tail, and finds none. So it takes many runs, not long ones: a few would measure luck.
        var planted = 0
        var found = 0
        for run in 0..<48 {
            var draws = Draws(seed: UInt64(500 + run))
            var detector = try SpotDetector(SpotParameters(depth: depth))
            for index in 0..<5000 {
                let isPlanted = draws.unit() < 0.001 && index >= 1100
                let step = detector.step(isPlanted ? 2 * distribution.quantile : draws.next(distribution))
                guard isPlanted else { continue }
                planted += 1
                if step.isAlarm { found += 1 }
            }
        }
        #expect(planted > 150)
        #expect(Double(found) / Double(planted) >= 0.85, "\(found) of \(planted)")
    }
}
