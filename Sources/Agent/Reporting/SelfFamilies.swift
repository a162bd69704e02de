import Discovery
import Dispatching
import ExporterKit
import Exposition
import Glibc

/// What the agent says about itself and about each service, as families.
enum SelfFamilies {
    /// Per service: whether it is up, how long its last collection took, and when it ended.
    static func services(_ services: [DispatcherStatus.Service], vitals: [ServiceVitals]) -> [MetricFamily] {
        let vitals = Dictionary(vitals.map { ($0.id.key, $0) }) { first, _ in first }
        var up: [Metric] = []
        var durations: [Metric] = []
        var timestamps: [Metric] = []
        var samples: [Metric] = []
        var errors: [Metric] = []
        up.reserveCapacity(services.count)
        var seen: Set<LabelSet> = []
        // What is being closed is on its way out, not down.
        for service in services where service.state != .unregistering {
            var labels = LabelSet(service.service.labels)
            labels["exporter"] = service.service.key.template
            // Templates may give two services the same labels; each is still there.
            if !seen.insert(labels).inserted { labels["key"] = service.service.key.description }
            let vital = service.generation == nil ? nil : vitals[service.service.key.description]
            up.append(Metric(labels: labels, vital?.up == true ? 1 : 0))
            guard let vital else { continue }
            if let duration = vital.lastDuration { durations.append(Metric(labels: labels, duration.seconds)) }
            if let time = vital.lastCollection { timestamps.append(Metric(labels: labels, time.seconds)) }
            samples.append(Metric(labels: labels, Double(vital.sampleCount)))
            errors.append(Metric(labels: labels, Double(vital.errorCount)))
        }
        return [
            gauge("muster_service_up", "Whether the service could be reached.", up),
            gauge("muster_service_collect_duration_seconds", "How long the last collection took.", durations),
            gauge(
                "muster_service_last_collect_timestamp_seconds",
                "When the last collection ended, well or not.",
                timestamps
            ),
            gauge("muster_service_samples", "Samples that the service has on the page.", samples),
            counter("muster_service_collect_errors_total", "Collections that failed, wholly or in part.", errors),
        ].filter { !$0.metrics.isEmpty }
    }

    /// Services by state, and how each source does.
    static func dispatching(_ status: DispatcherStatus) -> [MetricFamily] {
        let states = DispatcherStatus.Service.State.allCases.map { state in
            Metric(labels: ["state": state.rawValue], Double(status.services.count { $0.state == state }))
        }
        func perSource(_ value: (DispatcherStatus.Source) -> Double?) -> [Metric] {
            status.sources.compactMap { source in value(source).map { Metric(labels: ["source": source.name], $0) } }
        }
        return [
            gauge("muster_services", "Services that match a template, by state.", states),
            counter("muster_polls_total", "Polls of the source.", perSource { Double($0.polls) }),
            counter("muster_poll_errors_total", "Polls that failed.", perSource { Double($0.failures) }),
            gauge(
                "muster_source_age_seconds",
                "How old the list in force is.",
                perSource { source in source.lastSuccess.map { (status.time - $0).seconds } }
            ),
            gauge("muster_source_services", "Services on the list in force.", perSource { Double($0.services) }),
            gauge(
                "muster_source_held_removals",
                "Services that the source does not report any more, but that are held.",
                perSource { Double($0.heldRemovals) }
            ),
        ]
    }

    /// How often exporters were opened and closed.
    static func registry(_ counts: RegistryCounts) -> [MetricFamily] {
        [
            counter(
                "muster_setups_total",
                "Exporters that were set up, by result.",
                [
                    Metric(labels: ["result": "ok"], Double(counts.setups)),
                    Metric(labels: ["result": "failed"], Double(counts.failedSetups)),
                ]
            ),
            counter("muster_closes_total", "Exporters that were closed.", [Metric(Double(counts.closed))]),
            gauge("muster_exporters", "Exporters that are open.", [Metric(Double(counts.open))]),
        ]
    }

    /// The process: its version, memory, processor time and descriptors.
    static func process(historyLost: Int) -> [MetricFamily] {
        var usage = rusage()
        getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
        let cpu =
            Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
            + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
        var families = [
            gauge(
                "muster_build_info",
                "The version; always 1.",
                [Metric(labels: ["version": AgentVersion.current], 1)]
            ),
            counter("muster_history_lost_total", "Events that the history lost.", [Metric(Double(historyLost))]),
            counter("process_cpu_seconds_total", "Processor time of the agent.", [Metric(cpu)]),
        ]
        if let memory = ProcessFacts.residentBytes {
            families.append(gauge("process_resident_memory_bytes", "Memory of the agent.", [Metric(memory)]))
        }
        if let count = ProcessFacts.openDescriptors {
            families.append(gauge("process_open_fds", "Open file descriptors of the agent.", [Metric(count)]))
        }
        families.append(
            gauge(
                "process_start_time_seconds",
                "When the agent was started, in seconds since 1970.",
                [Metric(ProcessFacts.startTime)]
            )
        )
        return families
    }

    private static func gauge(_ name: String, _ help: String, _ metrics: [Metric]) -> MetricFamily {
        MetricFamily(name: name, kind: .gauge, help: help, metrics: metrics)
    }

    private static func counter(_ name: String, _ help: String, _ metrics: [Metric]) -> MetricFamily {
        MetricFamily(name: name, kind: .counter, help: help, metrics: metrics)
    }
}
