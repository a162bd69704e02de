public import Discovery
public import ExporterKit
import Exposition
public import Logging
import Synchronization

/// Keeps one open exporter for each service that a ``Dispatcher`` says should have one.
///
/// - Setups run concurrently up to a limit, each with a timeout. One that hangs delays no other: it is left alone, and
///   its exporter is closed if it ever comes back.
/// - A replacement is set up and collected from while it is hidden; only when that has reached the service does it take
///   over, in one step, and then the older one is closed. If it fails, the older one goes on.
/// - Every exporter is closed exactly once, outside all locks, in parallel, within a deadline.
///
/// It can also hold exporters that somebody registers by hand, without any discovery; see
/// ``register(_:key:labels:settings:)``.
public final class ExporterRegistry: Sendable {
    /// The bounds of setting up and closing.
    public struct Configuration: Sendable, Hashable {
        /// How many exporters are set up at once.
        public var concurrentSetups: Int
        /// How long one setup may take.
        public var setupTimeout: Duration
        /// How long one closing may take.
        public var closeTimeout: Duration

        /// Creates a configuration.
        public init(
            concurrentSetups: Int = 16,
            setupTimeout: Duration = .seconds(10),
            closeTimeout: Duration = .seconds(5)
        ) {
            self.concurrentSetups = concurrentSetups
            self.setupTimeout = setupTimeout
            self.closeTimeout = closeTimeout
        }
    }

    /// Makes an exporter for a service and says how its collectors are run. It opens nothing yet.
    public typealias Factory =
        @Sendable (MatchedService) async throws -> (exporter: any Exporter, settings: CollectionSettings)

    let configuration: Configuration
    let scheduler: CollectionScheduler
    let store: SnapshotStore
    let time: TimeSource
    let logger: Logger
    let factory: Factory
    let limit: ConcurrencyLimit
    let state = Mutex(State())
    let setupDurations: Histogram?

    struct Open {
        var id: ExporterID
        var exporter: any Exporter
    }

    struct State {
        /// By generation, for exporters that a dispatcher asked for.
        var open: [UInt64: Open] = [:]
        /// By key, for exporters that were registered by hand.
        var byHand: [String: Open] = [:]
        /// Setups that were left alone and have not come back, by key.
        var hungSetups: [String: Int] = [:]
        var counts = RegistryCounts()

        /// A setup may come back just before it is found to have been left alone, so the number may pass below zero.
        mutating func countHungSetup(of key: String, by amount: Int) {
            let count = hungSetups[key, default: 0] + amount
            hungSetups[key] = count == 0 ? nil : count
        }
    }

    /// How many setups of one service may hang before no more are begun.
    static let maximumHungSetups = 2

    /// Creates a registry.
    ///
    /// - Parameters:
    ///   - configuration: The bounds.
    ///   - scheduler: Runs the collectors; its `run()` is the caller's to run.
    ///   - store: The scheduler's store.
    ///   - metrics: Where durations of setups are counted; nil to not count.
    ///   - logger: Gets one line for each change of state.
    ///   - factory: Makes exporters.
    public init(
        configuration: Configuration = Configuration(),
        scheduler: CollectionScheduler,
        store: SnapshotStore,
        metrics: SelfMetrics? = nil,
        logger: Logger,
        factory: @escaping Factory
    ) {
        self.configuration = configuration
        self.scheduler = scheduler
        self.store = store
        time = store.time
        self.logger = logger
        self.factory = factory
        limit = ConcurrencyLimit(configuration.concurrentSetups)
        setupDurations = metrics?.histogram(
            "muster_setup_duration_seconds",
            "How long it took to set up an exporter, by result."
        )
    }

    /// How often exporters have been opened and closed.
    public var counts: RegistryCounts {
        state.withLock { state in
            var counts = state.counts
            counts.open = state.open.count + state.byHand.count
            return counts
        }
    }

    /// Does what a dispatcher asks for until its streams end; then closes what is still open.
    public func run(_ dispatcher: Dispatcher) async {
        await withDiscardingTaskGroup { group in
            group.addTask {
                await withDiscardingTaskGroup { setups in
                    for await registration in dispatcher.toRegister {
                        setups.addTask { await self.open(registration, for: dispatcher) }
                    }
                    // The dispatcher shuts down, or this task is cancelled: what is being opened is not wanted.
                    setups.cancelAll()
                }
            }
            group.addTask {
                for await update in dispatcher.toUpdate { self.update(update) }
            }
            group.addTask {
                await withDiscardingTaskGroup { closings in
                    for await unregistration in dispatcher.toUnregister {
                        closings.addTask {
                            await self.close(generation: unregistration.generation)
                            dispatcher.unregistered(unregistration.generation)
                        }
                    }
                }
            }
        }
        // What is left was not asked for any more, because this task was cancelled beside the dispatcher.
        let left = state.withLock { Array($0.open.keys) }
        await closeAll()
        for generation in left { dispatcher.unregistered(generation) }
    }

    /// Closes every exporter that is still open, those registered by hand included, in parallel.
    public func closeAll() async {
        let left = state.withLock { state in
            defer {
                state.open = [:]
                state.byHand = [:]
            }
            return Array(state.open.values) + Array(state.byHand.values)
        }
        await withDiscardingTaskGroup { group in
            for open in left { group.addTask { await self.stopAndClose(open) } }
        }
    }

    private func update(_ update: Update) {
        let id = state.withLock { $0.open[update.generation]?.id }
        if let id { scheduler.update(id, labels: LabelSet(update.service.labels)) }
    }

    private func close(generation: UInt64) async {
        guard let open = state.withLock({ $0.open.removeValue(forKey: generation) }) else { return }
        await stopAndClose(open)
    }

    func stopAndClose(_ open: Open) async {
        await scheduler.stop(open.id)
        store.remove(open.id)
        await close(open.exporter, key: open.id.key)
    }

    /// Closes an exporter, also if the caller is cancelled: one that is not closed leaks.
    func close(_ exporter: any Exporter, key: String) async {
        let outcome = await Task.detached { [self] in
            await Attempt.run(within: configuration.closeTimeout, by: time) {
                await exporter.close()
            } ifLate: { [self] _ in
                state.withLock { $0.counts.closed += 1 }
            }
        }.value
        if case .finished = outcome {
            state.withLock { $0.counts.closed += 1 }
        } else {
            state.withLock { $0.counts.abandonedCloses += 1 }
            logger.warning("An exporter does not close; it is left alone", metadata: ["service": "\(key)"])
        }
    }
}
