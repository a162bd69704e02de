/// The value of one metric.
public enum MetricValue: Sendable, Hashable {
    /// The value of a counter, gauge, info or unknown metric.
    case number(Double)
    /// The value of a histogram.
    case histogram(HistogramValue)
    /// The value of a summary.
    case summary(SummaryValue)
}

/// Observations counted in buckets.
public struct HistogramValue: Sendable, Hashable {
    /// One cumulative bucket: how many observations were at most `upperBound`.
    public struct Bucket: Sendable, Hashable {
        /// The inclusive upper bound, `+Inf` for the last.
        public var upperBound: Double
        /// How many observations were at most the bound, those of lower buckets included.
        public var cumulativeCount: Double

        /// Creates a bucket.
        public init(upperBound: Double, cumulativeCount: Double) {
            self.upperBound = upperBound
            self.cumulativeCount = cumulativeCount
        }
    }

    /// The buckets by rising bound. A missing `+Inf` bucket is added when encoding, from `count`.
    public var buckets: [Bucket]
    /// The sum of all observations.
    public var sum: Double
    /// How many observations there were.
    public var count: Double

    /// Creates a value.
    public init(buckets: [Bucket], sum: Double, count: Double) {
        self.buckets = buckets
        self.sum = sum
        self.count = count
    }
}

/// Observations as quantiles.
public struct SummaryValue: Sendable, Hashable {
    /// One quantile.
    public struct Quantile: Sendable, Hashable {
        /// From 0 to 1.
        public var quantile: Double
        /// The value that this share of the observations does not exceed.
        public var value: Double

        /// Creates a quantile.
        public init(quantile: Double, value: Double) {
            self.quantile = quantile
            self.value = value
        }
    }

    /// The quantiles.
    public var quantiles: [Quantile]
    /// The sum of all observations.
    public var sum: Double
    /// How many observations there were.
    public var count: Double

    /// Creates a value.
    public init(quantiles: [Quantile], sum: Double, count: Double) {
        self.quantiles = quantiles
        self.sum = sum
        self.count = count
    }
}
