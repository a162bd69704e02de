import Foundation
import Testing

@testable import Analysis

@Suite("Fitting a tail")
struct ParetoFitterTests {
    @Test("Every golden set of excesses reaches the exact maximum of the likelihood")
    func reachesTheMaximum() throws {
        let cases = try Golden.fitCases()
        #expect(cases.count == 81)
        for golden in cases {
            let fit = try #require(ParetoFitter().fit(golden.excesses), "\(golden)")
            #expect(fit.logLikelihood >= golden.loglik - 1e-6 * max(1, abs(golden.loglik) * 1e-6), "\(golden)")
            if golden.excesses.count >= 10, golden.kind.hasPrefix("root") {
                #expect(agree(fit.tail.gamma, golden.gamma, 1e-6), "\(golden): \(fit)")
                #expect(agree(fit.tail.sigma, golden.sigma, 1e-6), "\(golden): \(fit)")
                #expect(fit.kind == .interior, "\(golden)")
            }
        }
    }

    @Test("The reported likelihood is that of the reported tail")
    func likelihoodIsTrue() throws {
        for golden in try Golden.fitCases() {
            let fit = try #require(ParetoFitter().fit(golden.excesses), "\(golden)")
            let direct = logLikelihood(fit.tail, golden.excesses)
            #expect(abs(direct - fit.logLikelihood) <= 1e-8 * max(1, abs(direct)), "\(golden): \(fit)")
        }
    }

    @Test("Quantiles and probabilities agree with the golden tables")
    func tables() throws {
        for golden in try Golden.fitCases() {
            let tail = ParetoTail(gamma: golden.gamma, sigma: golden.sigma)
            for row in golden.quantiles {
                #expect(agree(tail.excess(at: row.q, share: row.s), row.excess_quantile, 1e-9), "\(golden) q=\(row.q)")
            }
            for row in golden.probabilities {
                let probability = tail.probability(ofMoreThan: row.d, share: row.s)
                #expect(
                    agree(probability, row.prob, 1e-9) || abs(probability - row.prob) < 1e-15,
                    "\(golden) d=\(row.d)"
                )
            }
        }
    }

    @Test("The same excesses in another unit give the same shape", arguments: [-290, -9, -6, -3, 3, 6, 9, 12, 290])
    func scales(exponent: Int) throws {
        var draws = Draws(seed: 11)
        let factor = pow(10.0, Double(exponent))
        for distribution in Distribution.allCases {
            let excesses = (0..<200).map { _ in draws.next(distribution == .gaussian ? .exponential : distribution) }
            let fit = try #require(ParetoFitter().fit(excesses))
            let scaled = try #require(ParetoFitter().fit(excesses.map { $0 * factor }))
            #expect(abs(scaled.tail.gamma - fit.tail.gamma) <= 1e-9 * max(1, abs(fit.tail.gamma)))
            #expect(agree(scaled.tail.sigma, fit.tail.sigma * factor, 1e-8))
        }
    }

    @Test("No tail on a fine grid is likelier than the fit", arguments: [10, 30, 60, 200])
    func beatsAGrid(count: Int) throws {
        var draws = Draws(seed: UInt64(count))
        for round in 0..<10 {
            let distribution = Distribution.allCases[round % 5]
            let excesses = (0..<count).map { _ in abs(draws.next(distribution)) }
            let fit = try #require(ParetoFitter().fit(excesses))
            let mean = excesses.reduce(0, +) / Double(count)
            for step in 0..<400 {
                let gamma = -1 + Double(step) * 0.01
                for scale in 0..<60 {
                    let tail = ParetoTail(gamma: gamma, sigma: mean * pow(10, Double(scale) / 20 - 2))
                    let other = logLikelihood(tail, excesses)
                    #expect(other.isNaN || other <= fit.logLikelihood + 1e-9, "\(distribution) \(tail) \(fit)")
                }
            }
        }
    }

    @Test("A fit from the last one equals a fit from nothing")
    func warmStart() throws {
        var draws = Draws(seed: 5)
        for distribution in Distribution.allCases {
            var last: ParetoFit?
            var excesses = (0..<100).map { _ in abs(draws.next(distribution)) }
            for round in 0..<100 {
                excesses[round] = abs(draws.next(distribution))
                var ring = ExcessRing(capacity: 100)
                for excess in excesses { ring.append(excess, gap: 1, censored: false) }
                let warm = try #require(ParetoFitter().fit(ring, start: last?.theta))
                let cold = try #require(ParetoFitter().fit(excesses))
                #expect(abs(warm.tail.gamma - cold.tail.gamma) <= 1e-9, "\(distribution)")
                #expect(agree(warm.tail.sigma, cold.tail.sigma, 1e-9), "\(distribution)")
                last = warm
            }
        }
    }

    @Test("Censored excesses move the tail outwards, to the maximum of the censored likelihood")
    func censored() throws {
        var draws = Draws(seed: 21)
        let excesses = (0..<150).map { _ in draws.next(.exponential) }
        let cut = 2.0
        let exact = excesses.filter { $0 <= cut }
        let censored = excesses.filter { $0 > cut }.map { _ in cut }
        let fit = try #require(ParetoFitter(smallestShape: -0.25).fit(exact, censored: censored))
        let blind = try #require(ParetoFitter(smallestShape: -0.25).fit(exact))
        #expect(fit.tail.excess(at: 1e-4, share: 1) > blind.tail.excess(at: 1e-4, share: 1))
        for gamma in stride(from: -0.25, through: 2, by: 0.01) {
            for factor in stride(from: 0.5, through: 2, by: 0.05) {
                let tail = ParetoTail(gamma: gamma, sigma: fit.tail.sigma * factor)
                let other =
                    logLikelihood(tail, exact)
                    + censored.map { log(tail.probability(ofMoreThan: $0, share: 1)) }.reduce(0, +)
                #expect(other.isNaN || other <= fit.logLikelihood + 1e-9)
            }
        }
    }

    @Test("A bounded shape is at least the bound, and the best on it")
    func boundedShape() throws {
        var draws = Draws(seed: 8)
        let excesses = (0..<200).map { _ in draws.unit() }
        let fit = try #require(ParetoFitter(smallestShape: -0.25).fit(excesses))
        #expect(fit.tail.gamma == -0.25)
        #expect(fit.kind == .boundary)
        #expect(abs(fit.logLikelihood - logLikelihood(fit.tail, excesses)) < 1e-9)
        for factor in stride(from: 0.5, through: 2, by: 0.01) where factor != 1 {
            let other = logLikelihood(ParetoTail(gamma: -0.25, sigma: fit.tail.sigma * factor), excesses)
            #expect(other.isNaN || other <= fit.logLikelihood + 1e-12)
        }
    }

    @Test(
        "Excesses that are not positive and finite have no fit",
        arguments: [[], [0], [1, -1], [.nan, 1], [1, .infinity]] as [[Double]]
    )
    func refuses(excesses: [Double]) {
        #expect(ParetoFitter().fit(excesses) == nil)
    }

    @Test("Excesses at the edges of the range of numbers trap nothing")
    func edges() {
        for value in [Double.leastNonzeroMagnitude, .leastNormalMagnitude / 16, 1e308, .greatestFiniteMagnitude] {
            for count in [1, 2, 40] {
                let excesses =
                    [Double](repeating: value, count: count) + (count > 2 ? [value / 2 + .leastNonzeroMagnitude] : [])
                guard let fit = ParetoFitter().fit(excesses) else { continue }
                let probability = fit.tail.probability(ofMoreThan: value, share: 0.02)
                #expect((0...0.02).contains(probability))
            }
        }
    }

    private func logLikelihood(_ tail: ParetoTail, _ excesses: [Double]) -> Double {
        let sum = excesses.reduce(0.0) { sum, excess in
            if tail.gamma == 0 { return sum + excess / tail.sigma }
            if tail.gamma == -1 { return excess <= tail.sigma * (1 + 1e-12) ? sum : .nan }
            let factor = tail.gamma * excess / tail.sigma
            return factor > -1 ? sum + (1 + 1 / tail.gamma) * log1p(factor) : .nan
        }
        return -Double(excesses.count) * log(tail.sigma) - sum
    }
}
