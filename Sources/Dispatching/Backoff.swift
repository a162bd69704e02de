/// How long to wait before the next attempt: it doubles (or so) from an initial wait to a longest one, with jitter, so
/// that a thousand services which failed together do not come back together.
public struct Backoff: Sendable, Hashable {
    /// The wait after the first failure.
    public var initial: Duration
    /// What each further failure multiplies it by.
    public var multiplier: Double
    /// The longest wait.
    public var maximum: Duration
    /// The share of the wait that chance may take off or add, from 0 to 1.
    public var jitter: Double

    /// Creates a policy; the defaults wait 1 s, 2 s, 4 s ... up to 30 s, each 20 % more or less.
    public init(
        initial: Duration = .seconds(1),
        multiplier: Double = 2,
        maximum: Duration = .seconds(30),
        jitter: Double = 0.2
    ) {
        self.initial = initial
        self.multiplier = multiplier
        self.maximum = maximum
        self.jitter = jitter
    }

    /// The wait after a number of failures in a row, which never exceeds ``maximum`` by more than the jitter.
    public func delay(afterFailures failures: Int, using generator: inout some RandomNumberGenerator) -> Duration {
        var delay = initial
        // Stops as soon as the longest wait is reached, so that no number of failures can overflow.
        var left = failures - 1
        while left > 0, delay < maximum {
            delay = min(delay * multiplier, maximum)
            left -= 1
        }
        return min(delay, maximum) * (1 + Double.random(in: -1...1, using: &generator) * jitter)
    }
}
