/// When polls happen: once an interval, at a point of it that the agent's seed decides, counted from 1970. Agents with
/// different seeds spread over the interval, and a restart keeps the point.
enum PollPhase {
    static func next(after now: Duration, _ configuration: DispatcherConfiguration) -> Duration {
        let interval = nanoseconds(configuration.interval)
        guard interval > 0 else { return now + configuration.interval }
        var generator = JitterGenerator(seed: configuration.seed)
        let phase = Int64(generator.next() % UInt64(interval))
        let current = nanoseconds(now)
        let since = (current - phase) % interval
        let left = interval - (since < 0 ? since + interval : since)
        return now + .nanoseconds(left)
    }

    private static func nanoseconds(_ duration: Duration) -> Int64 {
        let (seconds, attoseconds) = duration.components
        let (scaled, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? .max : scaled + attoseconds / 1_000_000_000
    }
}
