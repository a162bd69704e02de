import ExporterKit
import Exposition
import Settings

/// What a hub shows about its modules.
enum ModuleFamilies {
    static func families(of hub: ModuleHub) -> [MetricFamily] {
        let modules = hub.status()
        return states(modules) + counters(modules) + backlog(modules) + series(hub.trackedSeries)
    }

    private static func states(_ modules: [ModuleStatus]) -> [MetricFamily] {
        let states = modules.flatMap { module in
            ModuleState.allCases.map { state in
                Metric(
                    labels: ["kind": module.kind, "module": module.name, "state": state.rawValue],
                    module.state == state ? 1 : 0
                )
            }
        }
        let failures = modules.map { Metric(labels: ["module": $0.name], Double($0.failures)) }
        let successes = modules.compactMap { module in
            module.lastSuccess.map { Metric(labels: ["module": module.name], $0 / .seconds(1)) }
        }
        let letters = modules.map { Metric(labels: ["module": $0.name], Double($0.discardedDeadLetters)) }
        return [
            MetricFamily(
                name: "muster_module_state",
                kind: .gauge,
                help: "What an exporting module does: 1 for its state, 0 for the others.",
                metrics: states
            ),
            MetricFamily(
                name: "muster_module_failures",
                kind: .gauge,
                help: "Attempts of an exporting module that failed one after the other.",
                metrics: failures
            ),
            MetricFamily(
                name: "muster_module_last_success_timestamp_seconds",
                kind: .gauge,
                help: "When an exporting module last delivered something.",
                metrics: successes
            ),
            MetricFamily(
                name: "muster_module_discarded_dead_letters_total",
                kind: .counter,
                help: "Rejected records that are no longer in the dead-letter files, because those are bounded.",
                metrics: letters
            ),
        ]
    }

    private static func counters(_ modules: [ModuleStatus]) -> [MetricFamily] {
        func family(_ name: String, _ help: String, _ value: (RecordStatus) -> Int) -> MetricFamily {
            MetricFamily(name: name, kind: .counter, help: help, metrics: each(modules) { Double(value($0)) })
        }
        let dropped = records(modules).flatMap { labels, status in
            let reasons = [
                ("corrupt", status.counts.dropped.corrupt), ("expired", status.counts.dropped.expired),
                ("intake", status.refused.overflow), ("overflow", status.counts.dropped.overflow),
                ("stopped", status.refused.stopped),
            ]
            return reasons.map { reason, count in
                var labels = labels
                labels["reason"] = reason
                return Metric(labels: labels, Double(count))
            }
        }
        return [
            family("muster_module_added_total", "Records that the queue of an exporting module has taken.") {
                $0.counts.added
            },
            family("muster_module_delivered_total", "Records that a destination has accepted.") {
                $0.counts.delivered
            },
            family("muster_module_rejected_total", "Records that a destination has rejected; they are dead letters.") {
                $0.counts.rejected
            },
            family("muster_module_retried_total", "Records that were to be sent again, each as often as it was.") {
                $0.retried
            },
            MetricFamily(
                name: "muster_module_dropped_total",
                kind: .counter,
                help: "Records that were given up. Those that never came to a queue (intake, stopped) were not added.",
                metrics: dropped
            ),
        ]
    }

    private static func backlog(_ modules: [ModuleStatus]) -> [MetricFamily] {
        let ages = records(modules).compactMap { labels, status in
            status.counts.oldest.map { Metric(labels: labels, Double($0) / 1000) }
        }
        return [
            MetricFamily(
                name: "muster_module_backlog_records",
                kind: .gauge,
                help: "Records that wait in the queue of an exporting module.",
                metrics: each(modules) { Double($0.counts.backlog) }
            ),
            MetricFamily(
                name: "muster_module_backlog_bytes",
                kind: .gauge,
                help: "What the waiting records take.",
                metrics: each(modules) { Double($0.counts.bytes) }
            ),
            MetricFamily(
                name: "muster_module_backlog_oldest_timestamp_seconds",
                kind: .gauge,
                help: "The time of the oldest waiting record.",
                metrics: ages
            ),
            MetricFamily(
                name: "muster_module_waiting_records",
                kind: .gauge,
                help: "Records that are not in the queue of an exporting module yet.",
                metrics: each(modules) { Double($0.waiting) }
            ),
        ]
    }

    private static func series(_ tracked: (count: Int, untracked: Int)?) -> [MetricFamily] {
        guard let tracked else { return [] }
        return [
            MetricFamily(
                name: "muster_tracked_series",
                kind: .gauge,
                help: "Series that modules are told the end of.",
                metrics: [Metric(Double(tracked.count))]
            ),
            MetricFamily(
                name: "muster_untracked_series_total",
                kind: .counter,
                help: "How many times a series was not tracked because too many are.",
                metrics: [Metric(Double(tracked.untracked))]
            ),
        ]
    }

    private static func each(_ modules: [ModuleStatus], _ value: (RecordStatus) -> Double) -> [Metric] {
        records(modules).map { Metric(labels: $0.labels, value($0.status)) }
    }

    private static func records(_ modules: [ModuleStatus]) -> [(labels: LabelSet, status: RecordStatus)] {
        modules.flatMap { module in
            [("alerts", module.alerts), ("samples", module.samples)].map { record, status in
                (labels: ["module": module.name, "record": record], status: status)
            }
        }
    }
}
