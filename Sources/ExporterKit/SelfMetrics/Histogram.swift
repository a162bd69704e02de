public import Exposition

/// Observations, counted in buckets. Made by ``SelfMetrics/histogram(_:_:buckets:seriesLimit:)``.
public final class Histogram: Sendable {
    /// Bounds that suit durations, in seconds: from a millisecond to a minute.
    public static let durationBuckets: [Double] = [
        0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
    ]

    private struct Observations: Sendable {
        /// One count for each bound and one for what is above all of them, not cumulative.
        var counts: [UInt64]
        var sum = 0.0
    }

    private let bounds: [Double]
    private let table: SeriesTable<Observations>

    init(buckets: [Double], seriesLimit: Int) {
        bounds = Set(buckets.filter(\.isFinite)).sorted()
        table = SeriesTable(
            limit: seriesLimit,
            initial: Observations(counts: Array(repeating: 0, count: bounds.count + 1))
        )
    }

    /// Counts an observation. NaN is ignored.
    public func observe(_ value: Double, labels: LabelSet = [:]) {
        guard !value.isNaN else { return }
        let bucket = bounds.firstIndex { value <= $0 } ?? bounds.count
        table.update(labels) { observations in
            observations.counts[bucket] &+= 1
            observations.sum += value
        }
    }

    /// Counts a duration, in seconds.
    public func observe(_ duration: Duration, labels: LabelSet = [:]) {
        observe(duration / .seconds(1), labels: labels)
    }

    /// How many observations the series with these labels has.
    public func count(labels: LabelSet = [:]) -> UInt64 {
        table.read(labels).counts.reduce(0, &+)
    }

    var metrics: [Metric] {
        table.sorted.map { labels, observations in
            var total: UInt64 = 0
            let buckets = zip(bounds + [.infinity], observations.counts).map { bound, count in
                total &+= count
                return HistogramValue.Bucket(upperBound: bound, cumulativeCount: Double(total))
            }
            let value = HistogramValue(buckets: buckets, sum: observations.sum, count: Double(total))
            return Metric(labels: labels, value: .histogram(value))
        }
    }
}
