public import Exposition

/// How one exporter is, in a few numbers: what is asked of thousands of them for each page.
public struct ServiceVitals: Sendable, Hashable {
    /// The exporter.
    public var id: ExporterID
    /// The labels of the service.
    public var labels: LabelSet
    /// Whether the service could be reached.
    ///
    /// True if the last finished collection of at least one base collector reached the service, and that is not longer
    /// ago than its `staleAfter`. Base collectors are those that share the shortest interval of the exporter. A
    /// collection reached the service if it returned in time without throwing, and either set
    /// ``MetricBatch/serviceAnswered`` to true or, having left it nil, has a part that did not fail or no parts at all.
    /// So a wrong query does not make a service down and a dead database does, within one interval.
    public var up: Bool
    /// How long the last finished collection took; of several base collectors the longest counts.
    public var lastDuration: Duration?
    /// When the last collection ended, well or not: the time since 1970.
    public var lastCollection: Duration?
    /// When the last collection that reached the service ended: the time since 1970.
    public var lastSuccess: Duration?
    /// How long ago that was, by a clock that does not jump.
    public var age: Duration?
    /// How many collections have failed since the exporter was started.
    public var errorCount: UInt64
    /// How many samples it shows.
    public var sampleCount: Int
}

/// All that is known of one exporter's collections.
public struct ServiceHealth: Sendable, Hashable {
    /// The numbers.
    public var vitals: ServiceVitals
    /// Whether pages show it; false for one that has not taken over yet.
    public var isVisible: Bool
    /// The last error of any collector or part that still fails; nil if none does. At most 1,000 bytes.
    public var lastError: String?
    /// The collectors, in the exporter's order.
    public var collectors: [CollectorHealth]
    /// Samples that were left out of the last collections; the first few of each collector.
    public var problems: [SampleProblem]
    /// How many samples were left out since the exporter was started.
    public var droppedSamples: UInt64

    /// The exporter.
    public var id: ExporterID { vitals.id }
    /// Whether the service could be reached; see ``ServiceVitals/up``.
    public var up: Bool { vitals.up }
    /// How long the last finished collection took.
    public var lastDuration: Duration? { vitals.lastDuration }
    /// When the last collection ended, well or not: the time since 1970.
    public var lastCollection: Duration? { vitals.lastCollection }
    /// When the last collection that reached the service ended: the time since 1970.
    public var lastSuccess: Duration? { vitals.lastSuccess }
    /// How long ago that was.
    public var age: Duration? { vitals.age }
    /// How many collections have failed since the exporter was started.
    public var errorCount: UInt64 { vitals.errorCount }
    /// How many samples it shows.
    public var sampleCount: Int { vitals.sampleCount }
}

/// All that is known of one collector.
public struct CollectorHealth: Sendable, Hashable {
    /// A part that failed in the last collection.
    public struct FailingPart: Sendable, Hashable {
        /// The part's name.
        public var name: String
        /// Why it failed.
        public var error: String
        /// How long ago it was last good; nil if it never was.
        public var age: Duration?
    }

    /// The name.
    public var name: String
    /// How often it is run.
    public var interval: Duration
    /// Whether its last finished collection reached the service; nil before the first. See ``ServiceVitals/up``.
    public var reached: Bool?
    /// Whether a collection has passed its timeout, was cancelled and still has not come back. Until it does, the
    /// collector is not run.
    public var isHung: Bool
    /// How long the last collection took.
    public var lastDuration: Duration?
    /// When the last collection ended, well or not: the time since 1970.
    public var lastCollection: Duration?
    /// When the last collection that reached the service ended: the time since 1970.
    public var lastSuccess: Duration?
    /// How long ago that was.
    public var age: Duration?
    /// How many collections have ended.
    public var collectionCount: UInt64
    /// How many of them have failed.
    public var errorCount: UInt64
    /// Why the last collection failed; nil if it did not. At most 1,000 bytes.
    public var error: String?
    /// The parts that failed in it, the first 50.
    public var failingParts: [FailingPart]
    /// How many samples its last good parts have.
    public var sampleCount: Int
}
