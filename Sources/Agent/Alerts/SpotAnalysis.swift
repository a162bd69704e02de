import Analysis
import ExporterKit
import ExportingModules
import Exposition
import Logging
import Settings
import Synchronization

/// Watches the selected series: gives samples to the engine, keeps what it knows in the state database, and tells of
/// alerts.
final class SpotAnalysis: Sendable {
    /// How often the engine is told the time.
    private static let tick: Duration = .seconds(5)
    /// How often some of what has changed is written to the state database.
    private static let savePeriod: Duration = .seconds(30)
    /// How many detectors are written in one transaction.
    private static let saveLimit = 500

    private let engine: Mutex<SpotEngine>
    private let history: Int
    private let store: StateStore?
    private let time: TimeSource
    private let logger: Logger
    /// Hands news of alerts over.
    private let outbox: AlertOutbox
    private let isFailing = Mutex(false)

    /// Creates it; nothing is watched before ``restore()``.
    ///
    /// - Throws: `SpotParameterError` for a selection that makes no sense.
    init(
        _ configuration: AnalysisConfiguration,
        store: StateStore?,
        metrics: SelfMetrics,
        time: TimeSource,
        logger: Logger,
        outbox: AlertOutbox
    ) throws {
        engine = Mutex(
            try SpotEngine(
                selections: configuration.selections,
                maximumDetectors: configuration.detectors,
                evictAfter: configuration.evictAfter.wholeMilliseconds,
                maximumEndedAlerts: configuration.history
            )
        )
        history = configuration.history
        self.store = store
        self.time = time
        self.logger = logger
        self.outbox = outbox
        metrics.onRead { [weak self] in self?.families() ?? [] }
    }

    /// The alerts that go on, by start.
    var openAlerts: [SpotAlert] { engine.withLock { $0.openAlerts } }

    /// The last alerts that are over, the last first.
    func endedAlerts(limit: Int) -> [SpotAlert] { engine.withLock { $0.endedAlerts.suffix(limit).reversed() } }

    /// Takes over what an earlier run has left.
    func restore() async {
        guard let store else { return }
        do {
            let ended = try await store.endedAlerts(limit: history)
            let states = try await store.detectorStates()
            let now = time.wallTime.wholeMilliseconds
            let report = engine.withLock { engine in
                engine.restore(ended: ended)
                return engine.restore(states, at: now)
            }
            // Of those that go on everyone is told again anyway, by ``run()``.
            outbox.tell(try await store.untoldEndedAlerts())
            await announce(report.changes)
            await endLostAlerts(try await store.openAlerts())
            if report.restoredCount + report.droppedCount > 0 {
                logger.info(
                    "Detectors go on where they were",
                    metadata: ["restored": "\(report.restoredCount)", "dropped": "\(report.droppedCount)"]
                )
            }
        } catch {
            logger.error("What detectors knew cannot be read; they begin anew", metadata: ["error": "\(error)"])
        }
    }

    /// Ends alerts that were told of but whose detector does not know them: nothing else would ever end them.
    private func endLostAlerts(_ alerts: [SpotAlert]) async {
        let known = Set(openAlerts.map(\.id))
        let lost = alerts.filter { !known.contains($0.id) }.map { alert in
            var alert = alert
            alert.end = alert.lastAlarm
            alert.ending = .lost
            return alert
        }
        engine.withLock { $0.restore(ended: lost) }
        await announce(lost.map(AlertChange.resolved))
    }

    /// Takes the samples of one collection.
    func take(_ batch: CollectedBatch, samples: [Sample]) async {
        let changes = engine.withLock { engine in
            var observations: [SpotObservation] = []
            for sample in samples where engine.mayWatch(stat: sample.name) {
                observations.append(SpotObservation(sample, of: batch))
            }
            return observations.isEmpty ? [] : engine.observe(observations)
        }
        await announce(changes)
    }

    /// Tells the engine the time and saves, until the task is cancelled; then saves what is left.
    ///
    /// Alerts that an earlier run has left are told of first: those who should know may have forgotten.
    func run() async {
        outbox.tell(openAlerts)
        var nextSave = time.now + Self.savePeriod
        while (try? await time.sleep(until: time.now + Self.tick)) != nil {
            await advance()
            if time.now >= nextSave {
                // Not all at once: with many detectors that would be megabytes. Alerts were saved when they changed.
                await save()
                nextSave = time.now + Self.savePeriod
            }
        }
        await saveAll()
    }

    /// Tells the engine what time it is.
    func advance() async {
        let now = time.wallTime.wholeMilliseconds
        await announce(engine.withLock { $0.advance(to: now) })
    }

    /// Writes what has changed.
    func saveAll() async {
        while await save() {}
    }

    /// Writes alerts and as many states as one transaction takes, those with other alerts than before first: after
    /// `kill -9` a detector must know of an alert that others were told of.
    ///
    /// - Parameters:
    ///   - alerts: The alerts.
    ///   - news: Those of them that others are about to be told of.
    /// - Returns: Whether there may be more.
    @discardableResult
    private func save(_ alerts: [SpotAlert] = [], news: [SpotAlert] = []) async -> Bool {
        guard let store else { return false }
        let history = history
        // Shielded from cancellation: an exporter that is stopped must not take its alert with it.
        return await Task.detached { [self] in
            let last = Mutex(StateStore.AnalysisChange())
            do {
                try await store.save(keeping: history) { [self] in
                    let change = engine.withLock { engine in
                        StateStore.AnalysisChange(
                            alerts: alerts,
                            untold: Set(news.map(\.id)),
                            removed: engine.removedIdentities(),
                            states: engine.dirtyStates(limit: Self.saveLimit)
                        )
                    }
                    last.withLock { $0 = change }
                    return change
                }
                note(nil)
                return last.withLock { $0.states.count >= Self.saveLimit }
            } catch {
                let removed = last.withLock { $0.removed }
                engine.withLock { $0.markUnsaved(removed: removed) }
                note(error)
                return false
            }
        }.value
    }

    private func announce(_ changes: [AlertChange]) async {
        guard !changes.isEmpty else { return }
        for change in changes { log(change) }
        // A change of regime is a part of an alert that was told of.
        let news = changes.compactMap { change -> SpotAlert? in
            if case .regimeChanged = change { nil } else { change.alert }
        }
        await save(changes.map(\.alert), news: news)
        outbox.tell(news)
    }

    private func families() -> [MetricFamily] { engine.withLock { $0.families() } }

    private func log(_ change: AlertChange) {
        let alert = change.alert
        var metadata: Logger.Metadata = [
            "id": "\(alert.id)", "status": "\(alert.status.rawValue)", "stat": "\(alert.stat)",
            "service": "\(alert.service)", "value": "\(alert.value)",
        ]
        if let threshold = alert.threshold { metadata["threshold"] = "\(threshold)" }
        switch change {
        case .opened: logger.warning("A series is unusual", metadata: metadata)
        case .regimeChanged: logger.warning("A series has changed for good", metadata: metadata)
        case .resolved: logger.info("A series is as usual again", metadata: metadata)
        }
    }

    /// One line when saving begins to fail, and one when it works again.
    private func note(_ error: (any Error)?) {
        let wasFailing = isFailing.withLock { value in
            defer { value = error != nil }
            return value
        }
        if let error, !wasFailing {
            logger.error("The state of the analysis cannot be written", metadata: ["error": "\(error)"])
        } else if error == nil, wasFailing {
            logger.info("The state of the analysis is written again")
        }
    }
}

extension SpotObservation {
    /// A sample as the engine takes it. What the service's labels do not have was collected.
    fileprivate init(_ sample: Sample, of batch: CollectedBatch) {
        self.init(
            key: batch.id.key,
            stat: sample.name,
            sourceLabels: LabelSet(sample.labels.labels.filter { batch.labels[$0.name] == nil }),
            labels: sample.labels,
            service: sample.service,
            kind: sample.countsUp ? .counter : sample.kind,
            value: sample.value,
            time: sample.timestamp
        )
    }
}

extension Sample {
    /// Whether it only grows: counters, and the counts and sums of histograms and summaries.
    fileprivate var countsUp: Bool {
        switch kind {
        case .counter, .histogram: true
        case .summary: name.hasSuffix("_count") || name.hasSuffix("_sum")
        default: false
        }
    }
}
