import Analysis
import Foundation
import TestSupport
import Testing

@Suite("SPOT on hostile input")
struct SpotHostileInputTests {
    @Test("A probability is never NaN and always from 0 to 1, thresholds are finite", arguments: 0..<24)
    func probabilities(seed: UInt64) throws {
        var generator = SeededGenerator(seed: seed)
        var parameters = SpotParameters(
            depth: [0, 1, 10, 50][Int(generator.next() % 4)],
            q: [1e-6, 1e-4, 1e-3][Int(generator.next() % 3)],
            initialCount: [10, 60, 300][Int(generator.next() % 3)],
            level: [0, 0.5, 0.9, 0.98][Int(generator.next() % 4)],
            down: seed % 2 == 0,
            bounded: seed % 5 != 0,
            maxExcess: [10, 50, 200][Int(generator.next() % 3)],
            policy: seed % 3 == 0 ? .discard : .censor
        )
        if seed % 4 == 0 { parameters.regime = 2 }
        var detector = try SpotDetector(parameters)
        var source = HostileSeries(seed: seed)
        for index in 0..<4000 {
            if generator.next() % 500 == 0 { detector.skip(Int(generator.next() % 200)) }
            let step = detector.step(source.next())
            if let probability = step.probability { #expect((0...1).contains(probability), "\(index) \(step)") }
            if let threshold = step.threshold { #expect(threshold.isFinite) }
            #expect((step.status == .anomaly || step.status == .excess) == (step.side != nil))
            #expect((step.probability != nil) == (step.side != nil))
            #expect(detector.upperThreshold?.isFinite ?? true)
            #expect(detector.lowerThreshold?.isFinite ?? true)
            #expect(detector.drift.isFinite)
            if let tail = detector.summary(of: .up)?.tail {
                #expect(tail.gamma >= -1 && tail.gamma.isFinite && tail.sigma > 0 && tail.sigma.isFinite)
            }
            if index % 500 == 499 {
                // Whatever state it is in can be stored and read.
                let json = try JSONEncoder().encode(detector)
                detector = try JSONDecoder().decode(SpotDetector.self, from: json)
            }
        }
    }
}

/// Numbers of all kinds, in runs.
private struct HostileSeries {
    private var draws: Draws
    private var generator: SeededGenerator
    private var left: UInt64 = 0
    private var kind: UInt64 = 0
    private var count = 0.0

    init(seed: UInt64) {
        draws = Draws(seed: seed &+ 1000)
        generator = SeededGenerator(seed: seed &+ 2000)
    }

    mutating func next() -> Double {
        if left == 0 {
            left = 1 + generator.next() % 400
            kind = generator.next() % 11
        }
        left -= 1
        count += 1
        switch kind {
        case 0: return draws.gaussian()
        case 1: return 1 / draws.unit()
        case 2: return 7
        case 3: return count
        case 4: return draws.gaussian() * 1e299
        case 5: return draws.gaussian() * 1e-300
        case 6: return floor(draws.unit() * 3)
        case 7: return exp(draws.gaussian() * 100)
        case 8:
            return [Double.nan, .infinity, -.infinity, 1e300, -1e300, .leastNonzeroMagnitude, 0, -0.0][
                Int(generator.next() % 8)
            ]
        case 9: return Double(bitPattern: generator.next())
        default: return 1e15 + draws.gaussian()
        }
    }
}
