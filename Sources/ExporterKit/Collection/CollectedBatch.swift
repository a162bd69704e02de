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
    /// Whether some parts of it failed. What those gave before is still shown until it is stale.
    public var isPartial: Bool
    /// For how long the samples of a good collection are shown if none follows; nil if that is not known.
    public var staleAfter: Duration?
    /// How many samples of it are shown at most.
    public var sampleLimit: Int

    /// Creates a batch.
    public init(
        id: ExporterID,
        collector: String,
        labels: LabelSet,
        time: Duration,
        duration: Duration,
        families: [MetricFamily],
        error: String? = nil,
        isPartial: Bool = false,
        staleAfter: Duration? = nil,
        sampleLimit: Int = 100_000
    ) {
        self.id = id
        self.collector = collector
        self.labels = labels
        self.time = time
        self.duration = duration
        self.families = families
        self.error = error
        self.isPartial = isPartial
        self.staleAfter = staleAfter
        self.sampleLimit = sampleLimit
    }
}
