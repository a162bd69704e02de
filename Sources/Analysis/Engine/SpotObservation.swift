public import Exposition

/// One sample of one series, as a ``SpotEngine`` gets it.
public struct SpotObservation: Sendable, Hashable {
    /// What stays the same about the service while its labels change.
    public var key: String
    /// The name of the metric.
    public var stat: String
    /// The labels as they were collected, without those that the service was configured with. Together with ``key`` and
    /// ``stat`` they say which series it is.
    public var sourceLabels: LabelSet
    /// The labels as the series is shown, those of its service included. Selections match these; alerts and thresholds
    /// carry them.
    public var labels: LabelSet
    /// The name of the service.
    public var service: String
    /// What the metric measures. It decides what is made of the values where the selection does not. The counts and sums
    /// of a histogram may be given as ``/Exposition/MetricKind/counter``.
    public var kind: MetricKind
    /// The value.
    public var value: Double
    /// When it was true, in milliseconds since 1970.
    public var time: Int64

    /// Creates an observation.
    public init(
        key: String,
        stat: String,
        sourceLabels: LabelSet = [:],
        labels: LabelSet = [:],
        service: String = "",
        kind: MetricKind = .unknown,
        value: Double,
        time: Int64
    ) {
        self.key = key
        self.stat = stat
        self.sourceLabels = sourceLabels
        self.labels = labels
        self.service = service
        self.kind = kind
        self.value = value
        self.time = time
    }
}
