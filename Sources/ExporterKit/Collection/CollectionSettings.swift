/// When the collectors of one exporter are run, and what they may give. A value that exists is valid.
public struct CollectionSettings: Sendable, Hashable {
    /// The intervals that there can be: 10 milliseconds to 366 days.
    public static let allowedIntervals = Duration.milliseconds(10)...Duration.seconds(366 * 86_400)
    /// The settings of exporters that are given none: every 15 seconds, for at most 10.
    public static let standard = CollectionSettings(
        checkedInterval: .seconds(15),
        timeout: .seconds(10),
        staleAfter: .milliseconds(37_500),
        sampleLimit: 100_000
    )

    /// How often collectors without an interval of their own are run.
    public let interval: Duration
    /// How long a collection may take.
    public let timeout: Duration
    /// For how long after the last good collection its samples are shown, of collectors that run every ``interval``.
    /// For others it is longer or shorter in proportion to their interval.
    public let staleAfter: Duration
    /// How many samples one collection may give; what goes beyond is dropped and counted.
    public let sampleLimit: Int

    /// Creates settings.
    ///
    /// - Parameters:
    ///   - interval: How often to collect, 10 milliseconds to 366 days.
    ///   - timeout: How long a collection may take, at most the interval; 10 seconds, or the interval if that is shorter.
    ///   - staleAfter: How long a good collection is shown, at least the interval; 2.5 intervals.
    ///   - sampleLimit: How many samples a collection may give, at least 1.
    /// - Throws: ``CollectionSettingsError`` with the field that is wrong.
    public init(
        interval: Duration,
        timeout: Duration? = nil,
        staleAfter: Duration? = nil,
        sampleLimit: Int = 100_000
    ) throws(CollectionSettingsError) {
        guard Self.allowedIntervals.contains(interval) else {
            throw CollectionSettingsError(.interval, "must be from 10ms to 366 days, not \(interval)")
        }
        let timeout = timeout ?? min(.seconds(10), interval)
        guard timeout > .zero, timeout <= interval else {
            throw CollectionSettingsError(.timeout, "must be more than 0 and at most the interval, not \(timeout)")
        }
        let staleAfter = staleAfter ?? interval * 5 / 2
        guard staleAfter >= interval, staleAfter <= Self.allowedIntervals.upperBound * 5 else {
            throw CollectionSettingsError(.staleAfter, "must be at least the interval, not \(staleAfter)")
        }
        guard sampleLimit > 0 else {
            throw CollectionSettingsError(.sampleLimit, "must be at least 1, not \(sampleLimit)")
        }
        self.init(checkedInterval: interval, timeout: timeout, staleAfter: staleAfter, sampleLimit: sampleLimit)
    }

    private init(checkedInterval: Duration, timeout: Duration, staleAfter: Duration, sampleLimit: Int) {
        interval = checkedInterval
        self.timeout = timeout
        self.staleAfter = staleAfter
        self.sampleLimit = sampleLimit
    }

    /// How often a collector is run. Its own interval may come from a file that nobody checked, so it is kept in bounds.
    func interval(of collector: any MetricCollector) -> Duration {
        guard let own = collector.interval else { return interval }
        return min(max(own, Self.allowedIntervals.lowerBound), Self.allowedIntervals.upperBound)
    }

    /// How long a collection of a collector may take.
    func timeout(of collector: any MetricCollector) -> Duration {
        guard let own = collector.timeout, own > .zero else { return timeout }
        return min(own, Self.allowedIntervals.upperBound)
    }

    /// For how long the samples of a collector are shown: the same number of intervals as for the others.
    func staleAfter(of collector: any MetricCollector) -> Duration {
        let own = interval(of: collector)
        guard own != interval else { return staleAfter }
        return min(own * (staleAfter / interval), Self.allowedIntervals.upperBound * 5)
    }
}
