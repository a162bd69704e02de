import Analysis
import Testing

@Suite("SPOT with the paper's policy, compared with the reference")
struct SpotGoldenTests {
    struct Series: Sendable, CustomTestStringConvertible {
        var name: String
        var events: String
        var calibration: Int
        var testDescription: String { events }
    }

    static let all = [
        Series(name: "gauss_spikes", events: "gauss_spikes_up", calibration: 2000),
        Series(name: "gauss_spikes", events: "gauss_spikes_1em9", calibration: 2000),
        Series(name: "pareto_a2", events: "pareto_a2", calibration: 2000),
        Series(name: "uniform_spikes", events: "uniform_spikes", calibration: 2000),
        Series(name: "gauss_nan_run", events: "gauss_nan_run", calibration: 1000),
        Series(name: "constant", events: "constant", calibration: 1000),
    ]

    @Test("Statuses are equal, thresholds agree to 1e-6", arguments: all)
    func equalsReference(series: Series) throws {
        let values = try self.values(series)
        let events = try Golden.events(series.events)
        var expected: [Int: Golden.Event] = [:]
        for event in events where event.status != "FIT" { expected[event.index] = event }
        var detector = try SpotDetector(plain(series.calibration))
        for (index, value) in values.enumerated() {
            let step = detector.step(value)
            guard index >= series.calibration else {
                #expect(step.status == .learning)
                continue
            }
            let event = expected[index]
            #expect(name(step.status) == event?.status ?? "NORMAL", "\(index)")
            guard let event, event.status != "ERROR" else { continue }
            let summary = try #require(detector.summary(of: .up))
            #expect(summary.excessThreshold == event.threshold, "\(index)")
            #expect(agree(summary.anomalyThreshold ?? .nan, event.quantile, 1e-6), "\(index)")
            #expect(agree(step.probability ?? .nan, event.probability, 1e-5), "\(index)")
            #expect(summary.excessCount == event.excesses, "\(index)")
            #expect(detector.observationCount == event.observations, "\(index)")
        }
    }

    @Test("The first fit is the reference's", arguments: all.dropLast())
    func firstFit(series: Series) throws {
        let values = try self.values(series)
        let fit = try #require(Golden.events(series.events).first { $0.status == "FIT" })
        var detector = try SpotDetector(plain(series.calibration))
        for value in values[..<series.calibration] { _ = detector.step(value) }
        let summary = try #require(detector.summary(of: .up))
        #expect(summary.excessThreshold == fit.threshold)
        #expect(agree(summary.anomalyThreshold ?? .nan, fit.quantile, 1e-6))
        #expect(summary.excessCount == fit.excesses)
        #expect(detector.state == .lowConfidence)
    }

    @Test("The lower tail of the negated series is the upper tail of the series")
    func lowerTail() throws {
        let values = try Golden.series("gauss_spikes")
        var parameters = plain(2000)
        var upper = try SpotDetector(parameters)
        parameters.up = false
        parameters.down = true
        var lower = try SpotDetector(parameters)
        for value in values {
            let step = upper.step(value)
            let mirrored = lower.step(-value)
            #expect(step.status == mirrored.status)
            #expect(step.probability == mirrored.probability)
            #expect(upper.upperThreshold == lower.lowerThreshold.map { -$0 })
            if step.side != nil {
                #expect(step.side == .up)
                #expect(mirrored.side == .down)
            }
        }
    }

    private func values(_ series: Series) throws -> [Double] {
        switch series.events {
        case "constant": (0..<5000).map { [2000, 3000, 4000].contains($0) ? 43 : 42 }
        case "gauss_spikes_1em9": try Golden.series(series.name).map { $0 * 1e-9 }
        default: try Golden.series(series.name)
        }
    }

    private func plain(_ calibration: Int) -> SpotParameters {
        SpotParameters(depth: 0, initialCount: calibration, policy: .discard)
    }

    private func name(_ status: SpotStep.Status) -> String {
        switch status {
        case .missing: "ERROR"
        case .learning: "LEARNING"
        case .normal: "NORMAL"
        case .excess: "EXCESS"
        case .anomaly: "ANOMALY"
        }
    }
}
