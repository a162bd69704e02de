import Foundation
import TestSupport

/// A distribution to draw from.
enum Distribution: String, CaseIterable, Sendable {
    case gaussian, exponential, pareto, lognormal, uniform

    /// The value that a share `q` exceeds, for q = 1e-4.
    var quantile: Double {
        switch self {
        case .gaussian: 3.719016485455709
        case .exponential: -log(1e-4)
        case .pareto: 100
        case .lognormal: exp(3.719016485455709)
        case .uniform: 1 - 1e-4
        }
    }

    /// The share of values above a threshold.
    func share(above threshold: Double) -> Double {
        switch self {
        case .gaussian: erfc(threshold / 2.0.squareRoot()) / 2
        case .exponential: min(1, exp(-threshold))
        case .pareto: threshold <= 1 ? 1 : 1 / (threshold * threshold)
        case .lognormal: threshold <= 0 ? 1 : erfc(log(threshold) / 2.0.squareRoot()) / 2
        case .uniform: max(0, min(1, 1 - threshold))
        }
    }
}

/// Seeded draws.
struct Draws {
    private var generator: SeededGenerator

    init(seed: UInt64) {
        generator = SeededGenerator(seed: seed)
    }

    /// Above 0 and below 1.
    mutating func unit() -> Double {
        (Double(generator.next() >> 11) + 0.5) * 0x1p-53
    }

    mutating func gaussian() -> Double {
        (-2 * log(unit())).squareRoot() * cos(2 * .pi * unit())
    }

    mutating func next(_ distribution: Distribution) -> Double {
        switch distribution {
        case .gaussian: gaussian()
        case .exponential: -log(unit())
        case .pareto: 1 / unit().squareRoot()
        case .lognormal: exp(gaussian())
        case .uniform: unit()
        }
    }
}
