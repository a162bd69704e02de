/// Metrics of one name: what they measure, and one ``Metric`` per label set.
///
/// The name is the one that samples carry: a counter's `_total` is written out (`http_requests_total`), an info's
/// `_info` too; histograms and summaries leave out `_bucket`, `_sum` and `_count`. The encoders turn it into what each
/// format wants.
public struct MetricFamily: Sendable, Hashable {
    /// The name.
    public var name: String
    /// What it measures.
    public var kind: MetricKind
    /// One line for people; may be empty.
    public var help: String
    /// The unit for OpenMetrics, such as `seconds`; nil if there is none. The name has to end in it.
    public var unit: String?
    /// One per label set.
    public var metrics: [Metric]

    /// Creates a family.
    public init(name: String, kind: MetricKind, help: String = "", unit: String? = nil, metrics: [Metric] = []) {
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
        self.metrics = metrics
    }
}

/// One label set of a family with its value.
public struct Metric: Sendable, Hashable {
    /// What tells it from the other metrics of the family.
    public var labels: LabelSet
    /// Its value; a histogram family holds histograms, a summary family summaries, all others numbers.
    public var value: MetricValue
    /// When the value was true, in milliseconds since 1970; nil means at the time of the scrape.
    public var timestamp: Int64?

    /// Creates a metric.
    public init(labels: LabelSet = [:], value: MetricValue, timestamp: Int64? = nil) {
        self.labels = labels
        self.value = value
        self.timestamp = timestamp
    }

    /// Creates a metric with a number.
    public init(labels: LabelSet = [:], _ number: Double, timestamp: Int64? = nil) {
        self.init(labels: labels, value: .number(number), timestamp: timestamp)
    }
}
