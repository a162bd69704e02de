public import Exposition

/// What one collection gave, for those who want every sample as it comes: exporting modules, analysis.
public struct CollectedBatch: Sendable {
    /// The exporter.
    public var id: ExporterID
    /// The collector's name.
    public var collector: String
    /// The labels of the service. The families do not carry them yet.
    public var labels: LabelSet
    /// When the collection began: the time since 1970.
    public var time: Duration
    /// How long it took.
    public var duration: Duration
    /// What it gave, as the collector gave it; empty if it failed.
    public var families: [MetricFamily]
    /// Why it failed, for a person; nil if it did not. Parts that failed in a collection that did not are not in here.
    public var error: String?

    /// Creates a batch.
    public init(
        id: ExporterID,
        collector: String,
        labels: LabelSet,
        time: Duration,
        duration: Duration,
        families: [MetricFamily],
        error: String? = nil
    ) {
        self.id = id
        self.collector = collector
        self.labels = labels
        self.time = time
        self.duration = duration
        self.families = families
        self.error = error
    }
}
