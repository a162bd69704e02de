/// What a metric family measures; the names are OpenMetrics'.
public enum MetricKind: String, Sendable, Hashable, CaseIterable {
    /// A value that only grows, until its process restarts.
    case counter
    /// A value that goes up and down.
    case gauge
    /// Observations counted in cumulative buckets.
    case histogram
    /// Observations as quantiles.
    case summary
    /// Text about the target as labels; the value is always 1. In the text format it is a gauge.
    case info
    /// Nothing is known about it: `untyped` in the text format.
    case unknown
}
