public import Exposition

/// Takes the families of a collection apart into samples, under the same names, with the same labels, and with the same
/// ones left out as on a page.
///
/// Histograms become `_bucket` with `le`, `_sum` and `_count`; summaries `quantile`, `_sum` and `_count`. The labels of
/// the service are in every sample; on a clash the collected label becomes `exported_<name>`. Empty labels mean the same
/// as none and are left out. What no page may hold is left out and counted: illegal names, duplicates, values that do not
/// fit the kind, families that clash with an earlier one, and whatever goes beyond the limit.
public struct SampleReader: Sendable {
    /// The samples of one collection.
    public struct Reading: Sendable {
        /// The samples: the families as on a page, by their names; the metrics of each in the order of collection.
        public var samples: [Sample]
        /// What was left out and why: a bounded list with exact counts.
        public var problems: [SampleProblem]

        /// How many samples were left out.
        public var droppedCount: Int { problems.reduce(0) { $0 + $1.count } }
    }

    private let service: String
    private let serviceLabels: [Label]
    private let rejectedLabels: [String]
    private let sampleLimit: Int

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - labels: The labels of the service. Those with illegal names are left out, which is reported.
    ///   - service: The name of the service.
    ///   - sampleLimit: How many samples a reading has at most.
    public init(labels: LabelSet, service: String = "", sampleLimit: Int = 1_000_000) {
        self.service = service
        let labels = labels.labels.filter { !$0.value.isEmpty }
        serviceLabels = labels.filter { NameRules.problem(withLabelName: $0.name) == nil }
        rejectedLabels = labels.compactMap { NameRules.problem(withLabelName: $0.name) }
        self.sampleLimit = max(0, sampleLimit)
    }

    /// Takes families apart.
    ///
    /// - Parameters:
    ///   - families: What was collected, without the labels of the service.
    ///   - time: When it was collected, in milliseconds since 1970: the time of samples that have none of their own.
    public func read(_ families: [MetricFamily], time: Int64) -> Reading {
        var problems = ProblemLog()
        for problem in rejectedLabels {
            problems.add(.illegalName, family: "", count: 0, detail: "of the service: \(problem)")
        }
        let merged = FamilyMerger.merge(families, &problems)
        var reading = SampleReading(
            service: service,
            serviceLabels: serviceLabels,
            time: time,
            remaining: sampleLimit,
            problems: problems
        )
        for family in merged { reading.read(family, of: families) }
        return Reading(samples: reading.samples, problems: reading.problems.problems)
    }
}
