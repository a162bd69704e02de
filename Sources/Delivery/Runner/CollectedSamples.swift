public import ExporterKit
public import ExportingModules
public import Exposition
import Settings

/// The samples of one collection of one service, on their way to the modules.
public struct CollectedSamples: Sendable {
    /// How much of what there is was collected.
    public enum Completeness: Sendable, Hashable {
        /// All: a series that is not there has ended.
        case whole
        /// A part: what is missing may come again.
        case partial
        /// Nothing, because the collection failed.
        case failed
    }

    /// The exporter.
    public var id: ExporterID
    /// The collector.
    public var collector: String
    /// The name of the service; empty if there is none.
    public var service: String
    /// The labels of the service.
    public var labels: LabelSet
    /// When it was collected, in milliseconds since 1970.
    public var time: Int64
    /// The samples, with the labels of the service.
    public var samples: [Sample]
    /// How much was collected.
    public var completeness: Completeness
    /// After what time without a good collection its series have ended; nil for never.
    public var staleAfter: Duration?
    /// What was left out, and why.
    public var problems: [SampleProblem]

    /// Creates a collection.
    public init(
        id: ExporterID,
        collector: String,
        service: String = "",
        labels: LabelSet = [:],
        time: Int64,
        samples: [Sample],
        completeness: Completeness = .whole,
        staleAfter: Duration? = nil,
        problems: [SampleProblem] = []
    ) {
        self.id = id
        self.collector = collector
        self.service = service
        self.labels = labels
        self.time = time
        self.samples = samples
        self.completeness = completeness
        self.staleAfter = staleAfter
        self.problems = problems
    }

    /// Takes what a collector gave apart into samples.
    ///
    /// - Parameters:
    ///   - batch: What it gave.
    ///   - service: The name of the service.
    public init(_ batch: CollectedBatch, service: String) {
        let time = batch.time.wholeMilliseconds
        let reader = SampleReader(labels: batch.labels, service: service, sampleLimit: batch.sampleLimit)
        let reading = reader.read(batch.families, time: time)
        self.init(
            id: batch.id,
            collector: batch.collector,
            service: service,
            labels: batch.labels,
            time: time,
            samples: reading.samples,
            completeness: batch.error != nil ? .failed : batch.isPartial ? .partial : .whole,
            staleAfter: batch.staleAfter,
            problems: reading.problems
        )
    }
}
