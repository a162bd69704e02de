/// The rules by which a ``Dispatcher`` polls, and lets go.
public struct DispatcherConfiguration: Sendable, Hashable {
    /// How often each source is polled.
    public var interval: Duration
    /// How long one poll may take.
    public var pollTimeout: Duration
    /// How long the last good list of a source that fails stays in force.
    public var keepStale: Duration
    /// The share of a source's services that may go in one poll without being held, from 0 to 1.
    public var maximumRemoval: Double
    /// How long a suspicious removal must have stood before it is applied.
    public var hold: Duration
    /// How long a service must be absent before it is unregistered.
    public var grace: Duration
    /// How long to wait after a registration has failed.
    public var backoff: Backoff
    /// How long a shutdown waits for exporters to be closed.
    public var shutdownTimeout: Duration
    /// Decides at which point of every interval polls happen, and the jitter; the same seed gives the same phase after
    /// a restart, different seeds spread agents.
    public var seed: UInt64

    /// Creates a configuration. It is checked when a ``Dispatcher`` is made with it.
    public init(
        interval: Duration = .seconds(30),
        pollTimeout: Duration = .seconds(20),
        keepStale: Duration = .seconds(86_400),
        maximumRemoval: Double = 0.5,
        hold: Duration = .seconds(120),
        grace: Duration = .zero,
        backoff: Backoff = Backoff(),
        shutdownTimeout: Duration = .seconds(10),
        seed: UInt64 = 0
    ) {
        self.interval = interval
        self.pollTimeout = pollTimeout
        self.keepStale = keepStale
        self.maximumRemoval = maximumRemoval
        self.hold = hold
        self.grace = grace
        self.backoff = backoff
        self.shutdownTimeout = shutdownTimeout
        self.seed = seed
    }

    /// Refuses values that make no sense, such as an interval of zero.
    ///
    /// - Throws: ``DispatcherConfigurationError`` that names the field.
    public func validate() throws(DispatcherConfigurationError) {
        let century = Duration.seconds(100 * 366 * 86_400)
        try Self.require(interval, from: .milliseconds(1), to: century, "interval")
        try Self.require(pollTimeout, from: .milliseconds(1), to: century, "pollTimeout")
        try Self.require(keepStale, from: .zero, to: century, "keepStale")
        try Self.require(hold, from: .zero, to: century, "hold")
        try Self.require(grace, from: .zero, to: century, "grace")
        try Self.require(shutdownTimeout, from: .zero, to: century, "shutdownTimeout")
        try Self.require(backoff.initial, from: .milliseconds(1), to: century, "backoff.initial")
        try Self.require(backoff.maximum, from: backoff.initial, to: century, "backoff.maximum")
        guard (0...1).contains(maximumRemoval) else {
            throw DispatcherConfigurationError(field: "maximumRemoval", message: "must be from 0 to 1")
        }
        guard (1...1000).contains(backoff.multiplier) else {
            throw DispatcherConfigurationError(field: "backoff.multiplier", message: "must be from 1 to 1000")
        }
        guard (0...1).contains(backoff.jitter) else {
            throw DispatcherConfigurationError(field: "backoff.jitter", message: "must be from 0 to 1")
        }
    }

    private static func require(
        _ value: Duration,
        from low: Duration,
        to high: Duration,
        _ field: String
    ) throws(DispatcherConfigurationError) {
        guard value >= low, value <= high else {
            throw DispatcherConfigurationError(field: field, message: "must be from \(low) to \(high), not \(value)")
        }
    }
}
