import Glibc

/// What a ``SpotTail`` needs to know of the parameters.
struct SpotRules: Sendable, Hashable {
    let q: Double
    let level: Double
    let initialCount: Int
    let isCensoring: Bool
    let fitter: ParetoFitter

    init(_ parameters: SpotParameters) {
        q = parameters.q
        level = parameters.level
        initialCount = parameters.initialCount
        isCensoring = parameters.policy == .censor
        fitter = ParetoFitter(smallestShape: parameters.smallestShape)
    }

    /// The most flagged values that may be counted in a row.
    static let largestBudget = 4.0

    /// A fitted tail, drawn towards the shape of most measured data.
    ///
    /// The shape from 20 to 200 excesses is so uncertain that the threshold at 1e-4 is often off by a factor of ten, to
    /// either side. The prior counts as much as some more excesses would. Its weight and shape were chosen by simulation
    /// for false alarms near `q` on tails of shape 0 to 0.5; the numbers are in the documentation of the module.
    func tempered(_ tail: ParetoTail, count: Int) -> ParetoTail {
        let gamma = (Double(count) * tail.gamma + Self.priorCount * Self.priorShape) / (Double(count) + Self.priorCount)
        // The scale that is likeliest together with the other shape.
        let sigma = tail.sigma * exp((tail.gamma - gamma) / (1 + tail.gamma))
        return ParetoTail(gamma: gamma, sigma: sigma)
    }

    private static let priorCount = 30.0
    private static let priorShape = 0.2
}
