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
    /// The family that it belongs to.
    public var family: SampleFamily
    /// The value; may be NaN or infinite.
    public var value: Double
    /// When the value was true, in milliseconds since 1970.
    public var timestamp: Int64

    /// What the family measures.
    public var kind: MetricKind { family.kind }

    /// The bits of the NaN by which Prometheus says that a series has ended
    /// (`StaleNaN` in prometheus/model/value).
    public static let staleBits: UInt64 = 0x7ff0_0000_0000_0002

    /// Whether it says that its series has ended. Only modules that ask for it get such samples.
    public var isStale: Bool { value.bitPattern == Self.staleBits }

    /// Creates a sample of a family.
    public init(
        name: String,
        service: String = "",
        labels: LabelSet = [:],
        family: SampleFamily,
        value: Double,
        timestamp: Int64
    ) {
        self.name = name
        self.service = service
        self.labels = labels
        self.family = family
        self.value = value
        self.timestamp = timestamp
    }

    /// Creates a sample of a family of its own name.
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
        family = SampleFamily(name: name, kind: kind)
        self.value = value
        self.timestamp = timestamp
    }
}
