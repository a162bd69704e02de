import Delivery
import Discovery
import Dispatching
import ExporterKit
import Exposition
import Logging
import ServiceLifecycle
import Settings
import Synchronization

/// Everything of the agent but its web server: sources, dispatcher, registry, scheduler, history.
final class AgentCore: ServiceLifecycle.Service, AgentView {
    /// How long may be noted which alerts have arrived after the modules have ended.
    private static let outboxGrace = Duration.seconds(2)

    let configuration: AgentConfiguration
    let time: TimeSource
    let logger: Logger
    let kinds: BuiltInKinds
    let store: SnapshotStore
    let scheduler: CollectionScheduler
    let registry: ExporterRegistry
    let dispatcher: Dispatcher
    let catalogs: [SourceCatalog]
    let metrics: SelfMetrics
    let history: StateStore?
    let analysis: SpotAnalysis?
    let outbox: AlertOutbox
    let hub: ModuleHub?
    let recorder: HistoryRecorder?
    let pages: PageCache

    /// Puts the parts together; nothing runs yet.
    ///
    /// - Parameters:
    ///   - configuration: What was read.
    ///   - kinds: The kinds of exporter that it names.
    ///   - key: The installation's key.
    ///   - history: Where the history is kept; nil to keep none.
    ///   - time: The clocks.
    ///   - logger: Where everything is logged.
    /// - Throws: `SettingsError` or `DispatcherConfigurationError` if the configuration makes no sense.
    init(
        configuration: AgentConfiguration,
        kinds: BuiltInKinds,
        key: InstallationKey,
        environment: [String: String],
        history: StateStore? = nil,
        time: TimeSource = TimeSource(),
        logger: Logger
    ) throws {
        self.configuration = configuration
        self.kinds = kinds
        self.time = time
        self.logger = logger
        self.history = history
        metrics = SelfMetrics()
        store = SnapshotStore(time: time)
        let seed = StableSeed.of(configuration.name)
        let hub = try Self.hub(configuration, kinds: kinds, metrics: metrics, time: time, logger: logger)
        let outbox = AlertOutbox(store: history, hub: hub, time: time)
        let analysis = try Self.analysis(
            configuration.analysis,
            history: history,
            outbox: outbox,
            metrics: metrics,
            time: time,
            logger: logger
        )
        (self.hub, self.outbox, self.analysis) = (hub, outbox, analysis)
        let pipeline = SamplePipeline(analysis: analysis, hub: hub)
        scheduler = CollectionScheduler(
            store: store,
            configuration: .init(concurrency: configuration.collection.concurrency, seed: seed),
            metrics: metrics,
            logger: logger,
            onCollection: pipeline.hook
        )
        let factory = ExporterFactory(templates: configuration.templates, logger: logger)
        registry = ExporterRegistry(
            configuration: .init(
                concurrentSetups: configuration.collection.setups,
                setupTimeout: configuration.collection.setupTimeout
            ),
            scheduler: scheduler,
            store: store,
            metrics: metrics,
            logger: logger,
            factory: { try factory.make($0) }
        )
        let matcher = try ServiceMatcher(
            templates: configuration.templates.map(\.template),
            key: key,
            environment: environment,
            directory: Paths.directory(of: configuration.file)
        )
        let catalogs = configuration.discovery.sources.map {
            SourceCatalog(source: $0.makeSource(), matcher: matcher, logger: logger)
        }
        self.catalogs = catalogs
        dispatcher = try Dispatcher(
            configuration: configuration.discovery.dispatcher(seed: seed),
            sources: catalogs.map(\.dispatchSource),
            time: time
        )
        recorder = history.map { HistoryRecorder(store: $0, logger: logger) }
        pages = PageCache(time: time, metrics: metrics)
        metrics.onRead { [dispatcher, registry, recorder] in
            SelfFamilies.dispatching(dispatcher.status()) + SelfFamilies.registry(registry.counts)
                + SelfFamilies.process(historyLost: recorder?.lost ?? 0)
        }
    }

    /// Runs until graceful shutdown; then lets go of every exporter and returns.
    func run() async throws {
        try kinds.start()
        await analysis?.restore()
        await withTaskGroup(of: Void.self) { exporting in
            // Shielded from cancellation: it ends when nothing more can come.
            exporting.addTask { await Task.detached { await self.export() }.value }
            await monitor()
            // Only now has everything come that is to be delivered.
            outbox.finish()
            hub?.stop()
        }
        kinds.stop()
        let counts = registry.counts
        logger.info(
            "Every exporter is closed",
            metadata: ["opened": "\(counts.created)", "closed": "\(counts.closed)"]
        )
    }

    /// Runs the modules, and notes which alerts they have, until both have been told to end.
    private func export() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.outbox.run() }
            guard let hub else { return }
            await hub.run()
            // What has arrived is noted at once; a hub that has left a queue behind says nothing of it.
            group.addTask { try? await self.time.sleep(until: self.time.now + Self.outboxGrace) }
            await group.next()
            group.cancelAll()
        }
    }

    /// Watches services until graceful shutdown.
    private func monitor() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { await self.scheduler.run() }
            if let analysis { group.addTask { await analysis.run() } }
            await withTaskGroup(of: Void.self) { followers in
                if let recorder {
                    followers.addTask { await recorder.run() }
                }
                // Shielded from cancellation too: the shutdown is a part of the history. It ends with the dispatcher.
                followers.addTask { await Task.detached { await self.follow(self.dispatcher.events) }.value }
                await self.dispatch()
            }
            group.cancelAll()
        }
    }

    /// Runs the dispatcher until graceful shutdown, and the registry until the dispatcher has ended: the registry is
    /// shielded from cancellation, because it closes what the dispatcher lets go of.
    private func dispatch() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await cancelWhenGracefulShutdown { await self.dispatcher.run() }
            }
            group.addTask { await Task.detached { await self.registry.run(self.dispatcher) }.value }
        }
    }

    private func follow(_ events: AsyncStream<DispatchEvent>) async {
        for await event in events {
            EventLog.write(event, to: logger)
            if event.kind == .unregistered, let key = event.service?.key, let generation = event.generation {
                hub?.remove(ExporterID(key: key.description, generation: generation))
            }
            recorder?.record(HistoryEvent(event))
        }
        recorder?.finish()
    }
}
