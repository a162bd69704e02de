public import Exposition

/// One number of one series at one time, as exporting modules get it.
///
/// Histograms and summaries come as the samples that they consist of, under the names of the text format.
public struct Sample: Sendable, Hashable {
    /// The name of the series, such as `pg_stat_database_xact_commit_total`.
    public var name: String
    /// The name of the service that it was collected from; empty if there is none.
    public var service: String
    /// What tells the series from others of that name, the labels of the service among them.
    public var labels: LabelSet
    /// What the family measures that it belongs to.
    public var kind: MetricKind
    /// The value; may be NaN or infinite.
    public var value: Double
    /// When the value was true, in milliseconds since 1970.
    public var timestamp: Int64

    /// Creates a sample.
    public init(
        name: String,
        service: String = "",
        labels: LabelSet = [:],
        kind: MetricKind = .gauge,
        value: Double,
        timestamp: Int64
    ) {
        self.name = name
        self.service = service
        self.labels = labels
        self.kind = kind
        self.value = value
        self.timestamp = timestamp
    }
}
