import Glibc

/// Two values of `theta` of one sign: the likelihood rises at `rising` and falls at `falling`, so a maximum lies between.
struct RootBracket: Sendable, Hashable {
    var rising: Double
    var falling: Double
}

/// The likelihood of a tail for a set of excesses, as a function of `theta` = gamma / sigma alone: for each `theta` the
/// best shape is known in closed form.
///
/// `theta` is in units of 1 / mean here. With `d` uncensored of `k` excesses, `g` the sum of `ln(1 + theta y)` over `d`,
/// `R` and `R'` the sums of `1 / (1 + theta y)` over all and over the uncensored, the slope of the likelihood has the sign
/// of `w = (g R' - (k - R)) / d`.
struct TailLikelihood {
    /// The number of excesses, the censored among them.
    let count: Int
    /// Above 0: the likelihood rises from `theta` = 0 to the right; below 0: to the left.
    let curvature: Double

    private let excesses: UnsafeBufferPointer<Double>
    private let censored: [Int]
    private let all: Double
    private let uncensored: Double
    private let mean: Double
    private let smallest: Double
    private let largest: Double

    /// Nil if there is no uncensored excess or their mean is out of the range of numbers.
    @inline(__always)
    init?(_ excesses: UnsafeBufferPointer<Double>, count: Int, censored: [Int]) {
        let exact = count - censored.count
        guard exact > 0, count <= excesses.count else { return nil }
        var sum = 0.0
        var smallest = Double.infinity
        var largest = 0.0
        for index in 0..<count {
            let value = excesses[index]
            sum += value
            smallest = value < smallest ? value : smallest
            largest = value > largest ? value : largest
        }
        let mean = sum / Double(count)
        let inverse = 1 / mean
        guard mean > 0, mean.isFinite, inverse.isFinite, inverse > 0 else { return nil }
        var squares = 0.0
        for index in 0..<count {
            let value = excesses[index] * inverse
            squares += value * value
        }
        var censoredSum = 0.0
        for slot in censored { censoredSum += excesses[slot] * inverse }
        self.excesses = excesses
        self.count = count
        self.censored = censored
        self.mean = mean
        self.smallest = smallest * inverse
        self.largest = largest * inverse
        all = Double(count)
        uncensored = Double(exact)
        curvature = squares / (2 * all) - (all - censoredSum) / uncensored
    }
}

// MARK: - Candidates

extension TailLikelihood {
    /// The best tail of shape 0.
    var exponential: ParetoFit {
        let sigma = all * mean / uncensored
        return ParetoFit(
            tail: ParetoTail(gamma: 0, sigma: sigma),
            logLikelihood: -uncensored * (log(sigma) + 1),
            kind: .exponential,
            theta: nil
        )
    }

    /// The tail at a root of ``slope(at:)``.
    func fit(at root: Root) -> ParetoFit {
        let scale = root.gamma / root.theta
        var censoredLogarithms = 0.0
        for slot in censored { censoredLogarithms += log1p(root.theta * excesses[slot] / mean) }
        let likelihood =
            -uncensored * (log(scale) + log(mean) + 1) - (root.gamma * uncensored - censoredLogarithms)
        return ParetoFit(
            tail: ParetoTail(gamma: root.gamma, sigma: scale * mean),
            logLikelihood: likelihood,
            kind: .interior,
            theta: root.theta
        )
    }

    /// The best tail of one negative shape.
    func boundary(shape: Double) -> ParetoFit? {
        // With the shape fixed the slope grows with theta, from the end point of the largest excess up to 0.
        var below = leftEnd(1e-12)
        var above = leftLimit * 1e-12
        var theta: Double
        var sums: LikelihoodSums
        if shape == -1, censored.isEmpty {
            let sigma = largest * mean
            return ParetoFit(
                tail: ParetoTail(gamma: -1, sigma: sigma),
                logLikelihood: -all * log(sigma),
                kind: .boundary,
                theta: nil
            )
        }
        theta = max(below * 0.9, shape * uncensored / all)
        for _ in 0..<100 {
            sums = self.sums(at: theta)
            let part = censoredSums(at: theta)
            let exact = sums.reciprocals - part.reciprocals
            let value = exact - (all - sums.reciprocals) / shape
            let steepness =
                (-(exact - (sums.squares - part.squares)) - (sums.reciprocals - sums.squares) / shape) / theta
            if value < 0 { below = theta } else { above = theta }
            let newton = theta - value / steepness
            let next = newton > below && newton < above ? newton : -(below * above).squareRoot()
            let change = abs(next - theta)
            theta = next
            if change <= 1e-12 * abs(theta) { break }
        }
        sums = self.sums(at: theta)
        let part = censoredSums(at: theta)
        let sigma = shape / theta * mean
        let likelihood =
            -uncensored * log(sigma) - (sums.logarithms - part.logarithms) - sums.logarithms / shape
        guard likelihood.isFinite else { return nil }
        return ParetoFit(
            tail: ParetoTail(gamma: shape, sigma: sigma),
            logLikelihood: likelihood,
            kind: .boundary,
            theta: theta
        )
    }
}

// MARK: - The slope

extension TailLikelihood {
    /// A stationary point: where, and the best shape there.
    struct Root {
        var theta: Double
        var gamma: Double
    }

    /// The slope's sign function at one point, its derivative, and the best shape there with its derivative.
    struct Slope {
        var value: Double
        var derivative: Double
        var gamma: Double
        var gammaDerivative: Double
    }

    /// What `theta` has to be larger than.
    var leftLimit: Double { -1 / largest }

    /// A `theta` that is short of the limit by a share of it.
    func leftEnd(_ share: Double) -> Double { leftLimit * (1 - share) }

    /// The root for the first two moments.
    var momentGuess: Double {
        let guess = curvature / (1 + curvature)
        guard curvature < 0 else { return max(guess, 1e-6) }
        return guess.isFinite ? max(guess, leftEnd(0.1)) : leftEnd(0.5)
    }

    @inline(__always)
    private func sums(at theta: Double) -> LikelihoodSums {
        LikelihoodSums(excesses, count: count, theta: theta / mean)
    }

    private func censoredSums(at theta: Double) -> (reciprocals: Double, squares: Double, logarithms: Double) {
        var result = (reciprocals: 0.0, squares: 0.0, logarithms: 0.0)
        for slot in censored {
            let factor = 1 + theta / mean * excesses[slot]
            let reciprocal = 1 / factor
            result.reciprocals += reciprocal
            result.squares += reciprocal * reciprocal
            result.logarithms += log(factor)
        }
        return result
    }

    /// The slope at one point.
    @inline(__always)
    func slope(at theta: Double) -> Slope {
        let sums = self.sums(at: theta)
        var exact = sums.reciprocals
        var exactSquares = sums.squares
        for slot in censored {
            let reciprocal = 1 / (1 + theta / mean * excesses[slot])
            exact -= reciprocal
            exactSquares -= reciprocal * reciprocal
        }
        let gamma = sums.logarithms / uncensored
        let rest = (all - sums.reciprocals) / uncensored
        let exactMean = exact / uncensored
        let value = gamma * exactMean - rest
        let derivative =
            (rest * exactMean - gamma * (exact - exactSquares) / uncensored
                - (sums.reciprocals - sums.squares) / uncensored) / theta
        return Slope(value: value, derivative: derivative, gamma: gamma, gammaDerivative: rest / theta)
    }

    /// The root in a bracket, whose ends are trusted: they are not looked at. With `mayFail` the end where the likelihood
    /// should rise is not trusted, and the answer is nil if the search runs into it.
    func root(in bracket: RootBracket, start: Double?, mayFail: Bool) -> Root? {
        var rising = bracket.rising
        var falling = bracket.falling
        var sawRising = !mayFail
        var theta = start ?? Self.middle(rising, falling)
        if !Self.isBetween(theta, rising, falling) { theta = Self.middle(rising, falling) }
        for step in 0..<120 {
            let slope = self.slope(at: theta)
            if slope.value > 0 {
                rising = theta
                sawRising = true
            } else {
                falling = theta
            }
            let newton = theta - slope.value / slope.derivative
            // The last step of Newton's method squares the error: what is left is rounding.
            let closeness = min(abs(theta), theta < 0 ? theta + 1 / largest : .infinity)
            if abs(newton - theta) <= 1e-7 * closeness || slope.value == 0 {
                guard slope.derivative < 0 else { return nil }
                return Root(theta: newton, gamma: slope.gamma + slope.gammaDerivative * (newton - theta))
            }
            // Without a place where it rises there may be no maximum at all.
            if !sawRising, step >= 5 { return nil }
            let usable = slope.derivative < 0 && Self.isBetween(newton, rising, falling)
            let next = usable ? newton : Self.middle(rising, falling)
            if next == theta { return Root(theta: theta, gamma: slope.gamma) }
            theta = next
        }
        return nil
    }

    /// Calls `body` with a bracket of each maximum of a shape above `smallestShape`.
    func forEachBracket(onBothSides: Bool, smallestShape: Double, _ body: (RootBracket) -> Void) {
        if onBothSides || curvature < 0 { forEachBracketOnTheLeft(onBothSides ? 1e-10 : 1e-7, smallestShape, body) }
        if onBothSides {
            forEachBracketOnTheRight(body)
        } else if curvature > 0 {
            body(RootBracket(rising: 1e-8, falling: 1e8))
        }
    }

    /// Looks from 0 towards the limit, as close to it as `closest`.
    private func forEachBracketOnTheLeft(_ closest: Double, _ smallestShape: Double, _ body: (RootBracket) -> Void) {
        var right = leftLimit * 1e-6
        var isFalling = slope(at: right).value <= 0
        var share = 0.9
        while share >= closest {
            let theta = leftEnd(share)
            let slope = self.slope(at: theta)
            if slope.value > 0, isFalling { body(RootBracket(rising: theta, falling: right)) }
            // The shape only falls from here on.
            if slope.gamma <= smallestShape { return }
            isFalling = slope.value <= 0
            right = theta
            // Two roots next to each other lie a factor of some units apart, as seen from the limit.
            share = share > 0.6 ? share - 0.15 : share / 2
        }
    }

    private func forEachBracketOnTheRight(_ body: (RootBracket) -> Void) {
        // No root lies to the right of Grimshaw's bound.
        let bound = censored.isEmpty ? 2 * (1 - smallest) / (smallest * smallest) : 1e9
        let end = max(min(bound, 1e12), 8e-6)
        var left = 1e-6
        var isRising = slope(at: left).value > 0
        while left < end {
            let theta = min(left * 8, end)
            let value = slope(at: theta).value
            if isRising, value <= 0 { body(RootBracket(rising: left, falling: theta)) }
            isRising = value > 0
            left = theta
        }
    }

    private static func isBetween(_ value: Double, _ first: Double, _ second: Double) -> Bool {
        first < second ? value > first && value < second : value > second && value < first
    }

    /// Halves by magnitude while the ends are far apart.
    private static func middle(_ first: Double, _ second: Double) -> Double {
        let ratio = first / second
        guard ratio > 4 || ratio < 0.25 else { return (first + second) / 2 }
        let size = (abs(first).squareRoot()) * (abs(second).squareRoot())
        return first < 0 ? -size : size
    }
}
