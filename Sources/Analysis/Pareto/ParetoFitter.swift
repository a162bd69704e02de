import Glibc

/// Fits a ``ParetoTail`` to excesses by exact maximum likelihood.
///
/// All work is done on excesses divided by their mean, so the answer scales with the data. The likelihood is maximal at
/// shape 0, at the smallest shape allowed, or at a root of one function of `theta` = gamma / sigma (Grimshaw). The root
/// is found with Newton's method, kept inside a bracket.
public struct ParetoFitter: Sendable, Hashable {
    /// The smallest shape that is allowed. Below -1 the likelihood has no maximum.
    public let smallestShape: Double

    /// Creates a fitter. The smallest shape is taken into -1 ..< 0.
    public init(smallestShape: Double = -1) {
        self.smallestShape = smallestShape >= -1 && smallestShape < 0 ? smallestShape : -1
    }

    /// Fits a tail.
    ///
    /// - Parameters:
    ///   - excesses: How far observations lie beyond the threshold; each finite and above 0.
    ///   - censored: Excesses of which only this much is known: the true one is larger.
    /// - Returns: The fit; nil if there are no excesses, or one is not finite and positive.
    public func fit(_ excesses: [Double], censored: [Double] = []) -> ParetoFit? {
        let all = excesses + censored
        var ring = ExcessRing(capacity: max(1, all.count))
        for (index, excess) in all.enumerated() {
            guard excess > 0, excess.isFinite else { return nil }
            ring.append(excess, gap: 1, censored: index >= excesses.count)
        }
        return fit(ring, start: nil)
    }

    /// Fits a tail to the excesses of a ring; `start` is the ``ParetoFit/theta`` of a fit to nearly the same excesses.
    func fit(_ ring: borrowing ExcessRing, start: Double?) -> ParetoFit? {
        ring.values.withUnsafeBufferPointer { values in
            guard let likelihood = TailLikelihood(values, count: ring.count, censored: ring.censored) else {
                return nil
            }
            return fit(likelihood, start: start)
        }
    }

    private func fit(_ likelihood: TailLikelihood, start: Double?) -> ParetoFit? {
        var best = likelihood.exponential
        // One excess says nothing about the shape.
        guard likelihood.count > 1 else { return best }
        if smallestShape == -1, let boundary = likelihood.boundary(shape: -1) { best = better(best, boundary) }
        if likelihood.count < Self.manyExcesses {
            likelihood.forEachBracket(onBothSides: true, smallestShape: smallestShape) { bracket in
                if let root = interior(likelihood, bracket) { best = better(best, root) }
            }
            return withBoundary(best, likelihood)
        }
        guard abs(likelihood.curvature) >= 5e-7 else { return best }
        let root = nearRoot(likelihood, start: start)
        if let root, root.gamma > max(smallestShape, Self.severalMaximaBelow) {
            return better(best, likelihood.fit(at: root))
        }
        if smallestShape >= Self.severalMaximaBelow, likelihood.curvature < 0 {
            return bounded(best, likelihood)
        }
        likelihood.forEachBracket(onBothSides: false, smallestShape: smallestShape) { bracket in
            if let root = interior(likelihood, bracket, start: root?.theta) { best = better(best, root) }
        }
        return withBoundary(best, likelihood)
    }

    /// The best of the smallest shape and what lies between it and 0.
    private func bounded(_ best: ParetoFit, _ likelihood: TailLikelihood) -> ParetoFit {
        guard let boundary = likelihood.boundary(shape: smallestShape), let theta = boundary.theta else { return best }
        let result = better(best, boundary)
        guard likelihood.slope(at: theta).value > 0 else { return result }
        let bracket = RootBracket(rising: theta, falling: likelihood.leftLimit * 1e-8)
        return interior(likelihood, bracket).map { better(result, $0) } ?? result
    }

    /// The root on the side that the second moment points to, from the last one or from the moments.
    private func nearRoot(_ likelihood: TailLikelihood, start: Double?) -> TailLikelihood.Root? {
        let toTheRight = likelihood.curvature > 0
        // To the right the likelihood always rises next to 0 and falls far away.
        let bracket =
            toTheRight
            ? RootBracket(rising: 1e-8, falling: 1e8)
            : RootBracket(rising: likelihood.leftEnd(1e-12), falling: likelihood.leftLimit * 1e-8)
        let isNear = start.map { ($0 > 0) == toTheRight } ?? false
        return likelihood.root(in: bracket, start: isNear ? start : likelihood.momentGuess, mayFail: !toTheRight)
    }

    private func interior(_ likelihood: TailLikelihood, _ bracket: RootBracket, start: Double? = nil) -> ParetoFit? {
        guard let root = likelihood.root(in: bracket, start: start, mayFail: false) else { return nil }
        let fit = likelihood.fit(at: root)
        return fit.tail.gamma > smallestShape ? fit : nil
    }

    private func withBoundary(_ best: ParetoFit, _ likelihood: TailLikelihood) -> ParetoFit {
        guard smallestShape > -1, let boundary = likelihood.boundary(shape: smallestShape) else { return best }
        return better(best, boundary)
    }

    private func better(_ first: ParetoFit, _ second: ParetoFit) -> ParetoFit {
        second.logLikelihood > first.logLikelihood && second.tail.sigma > 0 && second.tail.gamma.isFinite
            ? second : first
    }

    /// From this many excesses on, only the side that the second moment points to is searched.
    private static let manyExcesses = 30
    /// Below this shape the likelihood may have several maxima, which all have to be looked at.
    private static let severalMaximaBelow = -0.5
}
