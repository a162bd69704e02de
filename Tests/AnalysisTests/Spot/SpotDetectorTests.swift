import Analysis
import Foundation
import Testing

@Suite("SPOT on all kinds of series")
struct SpotDetectorTests {
    @Test("It fills, calibrates, has low confidence, and runs")
    func states() throws {
        var draws = Draws(seed: 1)
        var detector = try SpotDetector()
        #expect(detector.state == .filling)
        for _ in 0..<50 { #expect(detector.step(draws.gaussian()).status == .learning) }
        #expect(detector.state == .calibrating)
        #expect(detector.upperThreshold == nil)
        for _ in 0..<1000 { #expect(detector.step(draws.gaussian()).status == .learning) }
        #expect(detector.state == .lowConfidence)
        #expect(detector.upperThreshold != nil)
        #expect(detector.lowerThreshold == nil)
        var steps = 0
        while detector.state == .lowConfidence, steps < 10_000 {
            #expect(detector.step(draws.gaussian()).confidence == (detector.state == .running ? .normal : .low))
            steps += 1
        }
        #expect(detector.state == .running)
        #expect(try #require(detector.summary(of: .up)).keptCount == 50)
    }

    @Test("A spike is an anomaly with its side, threshold, drift and probability")
    func spike() throws {
        var detector = try running(SpotParameters(down: true), around: 100)
        let drift = detector.drift
        let upper = try #require(detector.upperThreshold)
        let lower = try #require(detector.lowerThreshold)
        #expect(lower < drift && drift < upper)
        let high = detector.step(upper + 3)
        #expect(high.status == .anomaly)
        #expect(high.side == .up)
        #expect(high.isAlarm)
        #expect(high.threshold == upper)
        #expect(high.drift == drift)
        #expect(try #require(high.probability) < 1e-4)
        let low = detector.step(try #require(detector.lowerThreshold) - 3)
        #expect(low.side == .down)
        #expect(low.isAlarm)
        #expect(detector.step(drift).status == .normal)
    }

    @Test("A side that is not watched is not flagged")
    func oneSide() throws {
        var detector = try running(SpotParameters(), around: 0)
        #expect(detector.step(-1e6).status == .normal)
        var other = try running(SpotParameters(up: false, down: true), around: 0)
        #expect(other.step(1e6).status == .normal)
        #expect(other.upperThreshold == nil)
    }

    @Test("With alert off an anomaly is no alarm")
    func noAlert() throws {
        var detector = try running(SpotParameters(alert: false), around: 0)
        let step = detector.step(100)
        #expect(step.status == .anomaly)
        #expect(!step.isAlarm)
    }

    @Test("A flagged value does not enter the moving mean", arguments: SpotParameters.Policy.allCases)
    func drift(policy: SpotParameters.Policy) throws {
        var detector = try running(SpotParameters(policy: policy), around: 100)
        let before = detector.drift
        #expect(detector.step(1e9).status == .anomaly)
        #expect(detector.drift == before)
        var draws = Draws(seed: 77)
        for _ in 0..<200 { _ = detector.step(100 + draws.gaussian()) }
        #expect(abs(detector.drift - 100) < 1)
    }

    @Test("A NaN changes nothing but the count of missing values")
    func nan() throws {
        var detector = try running(SpotParameters(), around: 5)
        let before = detector.summary(of: .up)
        let threshold = detector.upperThreshold
        for _ in 0..<30 {
            let step = detector.step(.nan)
            #expect(step.status == .missing)
            #expect(step.probability == nil)
        }
        #expect(detector.missingCount == 30)
        #expect(detector.summary(of: .up) == before)
        #expect(detector.upperThreshold == threshold)
        #expect(detector.step(5).status == .normal)
    }

    @Test("NaN in the calibration is left out")
    func nanInCalibration() throws {
        var draws = Draws(seed: 4)
        var plain = try SpotDetector()
        var holed = try SpotDetector()
        for index in 0..<3000 {
            let value = draws.gaussian()
            if index % 7 == 0 { _ = holed.step(.nan) }
            #expect(plain.step(value) == holed.step(value))
        }
    }

    @Test("All spikes are found in a series full of NaN, with a moving mean")
    func nanRun() throws {
        let values = try Golden.series("gauss_nan_run")
        var detector = try SpotDetector()
        let found = values.indices.filter { detector.step(values[$0]).isAlarm }
        let planted = (0..<8).map { 2501 + 900 * $0 }
        #expect(Set(found).isSuperset(of: planted))
        #expect(found.count <= planted.count + 4)
    }

    @Test("After a gap longer than the window the mean is filled again, and the tail stays")
    func gap() throws {
        var detector = try running(SpotParameters(), around: 0)
        let before = try #require(detector.summary(of: .up))
        detector.skip(51)
        // The level is another one by now.
        for index in 0..<50 {
            #expect(detector.step(1000).status == .learning, "\(index)")
        }
        #expect(detector.drift == 1000)
        #expect(detector.summary(of: .up) == before)
        #expect(detector.step(1000).status == .normal)
        #expect(detector.step(1100).isAlarm)
    }

    @Test("A gap within the window changes nothing")
    func shortGap() throws {
        var detector = try running(SpotParameters(), around: 0)
        detector.skip(50)
        detector.skip(0)
        detector.skip(-5)
        #expect(detector.step(0.1).status == .normal)
        #expect(detector.missingCount == 50)
    }

    @Test("An infinity is an anomaly of probability 0, on the side that is watched, and is not learned")
    func infinities() throws {
        var detector = try running(SpotParameters(down: true), around: 0)
        let before = (detector.summary(of: .up), detector.summary(of: .down), detector.drift)
        for (value, side) in [(Double.infinity, SpotSide.up), (-.infinity, .down), (1.1e300, .up), (-1.1e300, .down)] {
            let step = detector.step(value)
            #expect(step.status == .anomaly)
            #expect(step.side == side)
            #expect(step.probability == 0)
            #expect(step.isAlarm)
        }
        #expect(detector.summary(of: .up) == before.0)
        #expect(detector.summary(of: .down) == before.1)
        #expect(detector.drift == before.2)
        var upOnly = try running(SpotParameters(), around: 0)
        #expect(upOnly.step(-.infinity).status == .normal)
    }

    @Test("Infinities before and within the calibration are left out")
    func infiniteCalibration() throws {
        var draws = Draws(seed: 4)
        var plain = try SpotDetector(SpotParameters(depth: 0))
        var holed = try SpotDetector(SpotParameters(depth: 0))
        for index in 0..<3000 {
            let value = draws.gaussian()
            if index < 900, index % 5 == 0 {
                #expect(holed.step(index % 2 == 0 ? .infinity : -.infinity).status == .learning)
            }
            #expect(plain.step(value) == holed.step(value))
        }
    }

    @Test("A constant series is degenerate and never alarms", arguments: [0, 50])
    func constant(depth: Int) throws {
        for value in [0, 42, 0.1, -1e12 / 3] {
            var detector = try SpotDetector(SpotParameters(depth: depth, down: true))
            for _ in 0..<10_000 {
                let step = detector.step(value)
                #expect(step.status == .learning || step.status == .normal)
            }
            #expect(detector.state == .degenerate)
            #expect(detector.upperThreshold == nil)
        }
    }

    @Test("A series that differs only by rounding is constant")
    func nearlyConstant() throws {
        var draws = Draws(seed: 9)
        var detector = try SpotDetector(SpotParameters(down: true))
        for _ in 0..<5000 {
            let jitter = (draws.unit() * 3).rounded() * 42.0.ulp
            #expect(!detector.step(42 + jitter).isAlarm)
        }
        #expect(detector.state == .degenerate)
    }

    @Test("A constant series that comes to life is calibrated then")
    func awakening() throws {
        var draws = Draws(seed: 2)
        var detector = try SpotDetector()
        for _ in 0..<3000 { _ = detector.step(7) }
        var alarms = 0
        for _ in 0..<6000 where detector.step(7 + draws.gaussian()).isAlarm { alarms += 1 }
        #expect(alarms <= 6)
        #expect(detector.state == .running)
        #expect(detector.step(20).isAlarm)
    }

    @Test("Two values in turn are degenerate and never alarm", arguments: [0, 50])
    func twoValues(depth: Int) throws {
        var detector = try SpotDetector(SpotParameters(depth: depth, down: true))
        for index in 0..<10_000 { #expect(!detector.step(Double(index % 2)).isAlarm) }
        if depth == 0 { #expect(detector.state == .degenerate) }
    }

    @Test("Ties: small whole numbers alarm no more than others", arguments: [0, 50])
    func ties(depth: Int) throws {
        var draws = Draws(seed: 31)
        var detector = try SpotDetector(SpotParameters(depth: depth))
        var alarms = 0
        for _ in 0..<50_000 where detector.step(floor(-10 * log(draws.unit()))).isAlarm { alarms += 1 }
        #expect(alarms <= 15)
        #expect(detector.step(1000).isAlarm)
    }

    @Test("A jump to another level is one change of regime, and spikes are found at the new level", arguments: [0, 50])
    func levelShift(depth: Int) throws {
        var draws = Draws(seed: 6)
        var detector = try running(SpotParameters(depth: depth), around: 0)
        var alarms = 0
        var changes = 0
        for _ in 0..<3000 {
            let step = detector.step(50 + draws.gaussian())
            if step.isAlarm { alarms += 1 }
            if step.isRegimeChange { changes += 1 }
        }
        #expect(changes == 1)
        #expect(detector.regimeChangeCount == 1)
        #expect((32...36).contains(alarms))
        #expect(abs(try #require(detector.upperThreshold) - 54) < 2)
        #expect(detector.step(65).isAlarm)
    }

    @Test("After a mere shift the last thresholds hold around the new mean while it calibrates anew")
    func thresholdsStay() throws {
        var draws = Draws(seed: 6)
        var detector = try running(SpotParameters(), around: 0)
        var steps = 0
        while !detector.step(50 + draws.gaussian()).isRegimeChange, steps < 100 { steps += 1 }
        #expect(steps == 31)
        #expect(detector.state == .recalibrating)
        for _ in 0..<50 { _ = detector.step(50 + draws.gaussian()) }
        #expect(detector.state == .recalibrating)
        #expect(detector.step(60).isAlarm)
        for _ in 0..<1000 { _ = detector.step(50 + draws.gaussian()) }
        #expect(detector.state == .lowConfidence)
    }

    @Test("A jump with a wider spread is still one change of regime")
    func shiftAndSpread() throws {
        var draws = Draws(seed: 6)
        var detector = try running(SpotParameters(), around: 0)
        var alarms = 0
        var changes = 0
        for _ in 0..<8000 {
            let step = detector.step(500 + 30 * draws.gaussian())
            if step.isAlarm { alarms += 1 }
            if step.isRegimeChange { changes += 1 }
        }
        #expect(changes == 1)
        #expect(alarms < 120)
        #expect(detector.state == .running)
        #expect((550...680).contains(try #require(detector.upperThreshold)))
    }

    @Test("A spread that grows or shrinks is followed", arguments: [4, 0.1])
    func spread(factor: Double) throws {
        var draws = Draws(seed: 13)
        var detector = try running(SpotParameters(), around: 0)
        for _ in 0..<20_000 { _ = detector.step(factor * draws.gaussian()) }
        let threshold = try #require(detector.upperThreshold) / factor
        #expect((2.9...5.5).contains(threshold), "\(threshold)")
    }

    @Test("With the paper's policy there is no change of regime unless asked for")
    func noRegime() throws {
        var detector = try running(SpotParameters(policy: .discard), around: 0)
        for _ in 0..<500 { #expect(!detector.step(50).isRegimeChange) }
        var asked = try running(SpotParameters(policy: .discard, regime: 20), around: 0)
        let changes = (0..<100).filter { _ in asked.step(50).isRegimeChange }
        #expect(changes.count == 1)
    }

    @Test("A counter taken as it is neither fires nor is alive")
    func counter() throws {
        var detector = try SpotDetector(SpotParameters(down: true))
        for index in 0..<5000 { #expect(!detector.step(Double(index) * 17).isAlarm) }
        #expect(detector.state == .degenerate)
    }

    @Test("A random walk alarms rarely with a moving mean, and spikes are found on it")
    func randomWalk() throws {
        var draws = Draws(seed: 17)
        var detector = try SpotDetector(SpotParameters(depth: 10))
        var level = 0.0
        var alarms = 0
        for _ in 0..<20_000 {
            level += draws.gaussian() * 0.1
            if detector.step(level + draws.gaussian()).isAlarm { alarms += 1 }
        }
        #expect(alarms <= 12)
        #expect(detector.step(level + 15).isAlarm)
    }

    @Test("The thresholds scale with the series, from 1e-9 to 1e9", arguments: SpotParameters.Policy.allCases)
    func scales(policy: SpotParameters.Policy) throws {
        let values = try Golden.series("gauss_spikes")
        for exponent in [-9, -6, -3, 3, 6, 9] {
            let factor = pow(10.0, Double(exponent))
            var plain = try SpotDetector(SpotParameters(down: true, policy: policy))
            var scaled = plain
            for value in values {
                let step = plain.step(value)
                let other = scaled.step(value * factor)
                #expect(step.status == other.status)
                #expect(step.side == other.side)
            }
            #expect(agree(try #require(scaled.upperThreshold), try #require(plain.upperThreshold) * factor, 1e-9))
            #expect(agree(try #require(scaled.lowerThreshold), try #require(plain.lowerThreshold) * factor, 1e-9))
        }
    }

    @Test("An unbounded tail keeps more than max_excess values")
    func unbounded() throws {
        var draws = Draws(seed: 3)
        var detector = try SpotDetector(SpotParameters(bounded: false, maxExcess: 50))
        var bounded = try SpotDetector(SpotParameters(maxExcess: 50))
        for _ in 0..<15_000 {
            let value = draws.gaussian()
            _ = detector.step(value)
            _ = bounded.step(value)
        }
        #expect(try #require(detector.summary(of: .up)).keptCount > 200)
        #expect(try #require(bounded.summary(of: .up)).keptCount == 50)
    }

    /// A detector that has seen 4000 Gaussian values around a level.
    private func running(_ parameters: SpotParameters, around level: Double) throws -> SpotDetector {
        var draws = Draws(seed: 1)
        var detector = try SpotDetector(parameters)
        for _ in 0..<4000 { _ = detector.step(level + draws.gaussian()) }
        return detector
    }
}
