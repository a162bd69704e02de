/// The tail that fits a set of excesses best, and how well.
public struct ParetoFit: Sendable, Hashable {
    /// Where the maximum of the likelihood lies.
    public enum Kind: Sendable, Hashable {
        /// At shape 0.
        case exponential
        /// At a stationary point.
        case interior
        /// At the smallest shape that was allowed.
        case boundary
    }

    /// The tail.
    public var tail: ParetoTail
    /// The logarithm of the likelihood of the excesses.
    public var logLikelihood: Double
    /// Where the maximum lies.
    public var kind: Kind
    /// `gamma / sigma` times the mean excess: where to start the next search. Nil if there is nothing to start from.
    var theta: Double?
}
