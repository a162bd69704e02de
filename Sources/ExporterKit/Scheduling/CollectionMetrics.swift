import Exposition

/// What the scheduler counts about itself.
final class CollectionMetrics: Sendable {
    private let collections: Counter
    private let durations: Histogram
    private let droppedSamples: Counter

    init(_ metrics: SelfMetrics) {
        collections = metrics.counter(
            "muster_collections_total",
            "Collections that ended: success, partial (some parts failed), failure or timeout."
        )
        durations = metrics.histogram("muster_collection_duration_seconds", "How long collections took.")
        droppedSamples = metrics.counter(
            "muster_dropped_samples_total",
            "Samples that were left out because no page may hold them, by reason."
        )
        // Series that only appear with the first failure have no rate for it.
        for result in ["success", "partial", "failure", "timeout"] {
            collections.increment(by: 0, labels: ["result": result])
        }
        for reason in SampleProblem.Reason.allCases {
            droppedSamples.increment(by: 0, labels: ["reason": reason.rawValue])
        }
    }

    func count(_ outcome: CollectionOutcome, _ joinProblems: [SampleProblem], isTimeout: Bool) {
        let result =
            switch outcome.result {
            case .failed: isTimeout ? "timeout" : "failure"
            case .returned: outcome.isPartial ? "partial" : "success"
            }
        collections.increment(labels: ["result": result])
        durations.observe(outcome.duration)
        for problem in outcome.problems + joinProblems {
            droppedSamples.increment(by: Double(problem.count), labels: ["reason": problem.reason.rawValue])
        }
    }

    /// What is known at the moment of reading.
    static func families(_ status: SchedulerStatus) -> [MetricFamily] {
        let states = [("hung", status.hung), ("queued", status.queued), ("running", status.running)]
        return [
            MetricFamily(
                name: "muster_collections",
                kind: .gauge,
                help: "Collections that run, wait in line, or have passed their timeout and not come back.",
                metrics: states.map { Metric(labels: ["state": $0.0], Double($0.1)) }
            ),
            MetricFamily(
                name: "muster_collections_skipped_total",
                kind: .counter,
                help: "Collections that were skipped because the one before took too long.",
                metrics: [Metric(Double(status.skipped))]
            ),
            MetricFamily(
                name: "muster_collectors",
                kind: .gauge,
                help: "Collectors of all exporters.",
                metrics: [Metric(Double(status.collectors))]
            ),
        ]
    }
}
