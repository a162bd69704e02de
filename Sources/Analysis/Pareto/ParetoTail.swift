import Glibc

/// The tail of a distribution beyond a threshold: a generalised Pareto distribution of the excesses.
///
/// With `gamma` > 0 the tail is heavy, with 0 it is exponential, with `gamma` < 0 it ends at ``endpoint``.
public struct ParetoTail: Sendable, Hashable {
    /// The shape.
    public var gamma: Double
    /// The scale, in the unit of the data; above 0.
    public var sigma: Double

    /// Creates a tail.
    public init(gamma: Double, sigma: Double) {
        self.gamma = gamma
        self.sigma = sigma
    }

    /// The largest possible excess; infinite unless `gamma` is negative.
    public var endpoint: Double { gamma < 0 ? -sigma / gamma : .infinity }

    /// The probability that an observation exceeds the threshold by more than `excess`, when `share` of all observations
    /// exceed the threshold at all.
    ///
    /// Always from 0 to `share`: 0 beyond the end point, `share` at or below the threshold.
    public func probability(ofMoreThan excess: Double, share: Double) -> Double {
        guard excess > 0 else { return share }
        guard excess < endpoint else { return 0 }
        let ratio = excess / sigma
        let exponent = abs(gamma) < Self.exponentialBelow ? ratio : log1p(gamma * ratio) / gamma
        let result = share * exp(-exponent)
        return result >= 0 ? min(result, share) : 0
    }

    /// The excess that a share `probability` of all observations exceed, when `share` of them exceed the threshold.
    ///
    /// It is never negative: where `probability` is not below `share`, the threshold itself is the answer.
    public func excess(at probability: Double, share: Double) -> Double {
        let logRatio = log(probability / share)
        guard logRatio < 0 else { return 0 }
        if abs(gamma) < Self.exponentialBelow { return -sigma * logRatio }
        return sigma * expm1(-gamma * logRatio) / gamma
    }

    /// Below this shape the exponential form is exact to the last digit.
    private static let exponentialBelow = 1e-15
}
