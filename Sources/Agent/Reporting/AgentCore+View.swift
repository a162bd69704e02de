import Analysis
import Delivery
import Discovery
import Dispatching
import ExporterKinds
import ExporterKit
import Exposition

extension AgentCore {
    var isReady: Bool {
        dispatcher.status().sources.allSatisfy { $0.lastSuccess != nil || $0.failures > 0 }
    }

    func page(filter: ServiceFilter) -> MetricsPage {
        MetricsPage(core: self, filter: filter)
    }

    func history(limit: Int, service: String?) async -> [HistoryEvent] {
        (try? await history?.latest(limit: limit, service: service)) ?? []
    }

    func endedAlerts(limit: Int) -> [SpotAlert] { analysis?.endedAlerts(limit: limit) ?? [] }

    func confirmRemovals() -> Int { dispatcher.confirmRemovals() }

    func refresh() { dispatcher.refresh() }

    func report() -> AgentReport {
        let status = dispatcher.status()
        let clashes = pages.problems
        let kinds = Dictionary(configuration.templates.map { ($0.template.name, $0.kind.name) }) { first, _ in first }
        return AgentReport(
            version: AgentVersion.current,
            agent: configuration.name,
            time: time.wallTime.seconds,
            services: status.services.map { report($0, kinds: kinds, clashes: clashes) },
            unmatched: catalogs.flatMap(\.unmatchedReports),
            sources: zip(status.sources, catalogs).map { report($0, $1, at: status.time) },
            modules: hub?.status().map { ModuleReport($0, now: time.wallTime) } ?? [],
            alerts: analysis?.openAlerts ?? []
        )
    }

    private func report(
        _ entry: DispatcherStatus.Service,
        kinds: [String: String],
        clashes: [SampleProblem]
    ) -> ServiceReport {
        let matched = entry.service
        let key = matched.key.description
        let health = entry.generation == nil ? nil : store.health(key)
        return ServiceReport(
            name: matched.service.name,
            address: matched.service.address,
            port: matched.service.port,
            source: matched.source,
            exporter: matched.key.template,
            kind: kinds[matched.key.template],
            tags: matched.service.tags,
            labels: matched.labels,
            metadata: matched.service.metadata,
            settings: matched.settings.map(JSONValue.init),
            hash: (entry.liveHash ?? matched.hash).description,
            generation: entry.generation,
            state: entry.state.rawValue,
            since: entry.since.seconds,
            attempts: entry.failures,
            setupError: entry.lastError,
            nextAttempt: entry.nextAttempt?.seconds,
            collection: health.map { health in
                // A page names the service that it left samples out of first.
                ServiceReport.Collection(health, clashes: clashes.filter { $0.detail.hasPrefix(key + ": ") })
            },
            isHeld: entry.isHeld
        )
    }

    private func report(
        _ source: DispatcherStatus.Source,
        _ catalog: SourceCatalog,
        at now: Duration
    ) -> SourceReport {
        var problems = catalog.last.texts
        problems += source.duplicates.map { "\($0): listed more than once; the first one counts" }
        if source.isHung { problems.append("a poll has not come back long after its deadline") }
        return SourceReport(
            name: source.name,
            lastPoll: source.lastPoll?.seconds,
            lastSuccess: source.lastSuccess?.seconds,
            ageSeconds: source.lastSuccess.map { (now - $0).seconds },
            consecutiveFailures: source.consecutiveFailures,
            lastError: source.lastError,
            services: source.services,
            heldRemovals: source.heldRemovals,
            heldUntil: source.heldUntil?.seconds,
            problems: problems
        )
    }
}

extension ServiceReport.Collection {
    init(_ health: ServiceHealth, clashes: [SampleProblem]) {
        self.init(
            up: health.up,
            lastTimestamp: health.lastCollection?.seconds,
            lastDurationSeconds: health.lastDuration?.seconds,
            samples: health.sampleCount,
            errors: Int(clamping: health.errorCount),
            lastError: health.lastError,
            failingParts: Dictionary(
                health.collectors.flatMap(\.failingParts).map { ($0.name, $0.error) }
            ) { first, _ in first },
            droppedSamples: (health.problems + clashes).map {
                DroppedReport(reason: $0.reason.rawValue, family: $0.family, detail: $0.detail, count: $0.count)
            }
        )
    }
}

extension SourceCatalog {
    /// The services that are not monitored, with the reason.
    fileprivate var unmatchedReports: [UnmatchedReport] {
        let last = last
        func report(_ service: Service, _ reason: String) -> UnmatchedReport {
            UnmatchedReport(
                name: service.name,
                address: service.address,
                port: service.port,
                source: name,
                tags: service.tags,
                reason: reason
            )
        }
        return last.unmatched.map { report($0.service, $0.reason) }
            + last.matchProblems.filter(\.isFatal).map { problem in
                report(
                    problem.service,
                    problem.template.isEmpty ? problem.reason : "\(problem.template): \(problem.reason)"
                )
            }
    }
}
