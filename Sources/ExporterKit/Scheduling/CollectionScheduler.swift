public import Exposition
public import Logging
import Synchronization

/// Runs the collectors of all exporters, each on its schedule.
public final class CollectionScheduler: Sendable {
    /// How the scheduler works.
    public struct Configuration: Sendable, Hashable {
        /// How many collections run at the same time at most.
        public var concurrency: Int
        /// Moves all phases, so that agents that watch the same services do not do it at the same moment.
        public var seed: UInt64
        /// How long ``CollectionScheduler/stop(_:)`` and the end of ``CollectionScheduler/run()`` wait for collections
        /// that were cancelled. A collection that has not come back this long after its timeout is called hung.
        public var grace: Duration

        /// Creates a configuration.
        public init(concurrency: Int = 512, seed: UInt64 = 0, grace: Duration = .seconds(5)) {
            self.concurrency = concurrency
            self.seed = seed
            self.grace = grace
        }
    }

    /// Creates a scheduler. Nothing is collected until ``run()`` is called.
    ///
    /// - Parameters:
    ///   - store: Where snapshots go. Its ``SnapshotStore/time`` is the scheduler's.
    ///   - configuration: How it works.
    ///   - metrics: Where the scheduler counts; nil to not count.
    ///   - logger: Gets one line when a service's collections begin to fail, and one when they are well again.
    ///   - onCollection: Called once for each collection that has ended, also if it failed. Collections of one collector
    ///     come one after another; others come at the same time, from several threads. The next collection of the same
    ///     exporter waits for it.
    public init(
        store: SnapshotStore,
        configuration: Configuration = Configuration(),
        metrics: SelfMetrics? = nil,
        logger: Logger? = nil,
        onCollection: (@Sendable (CollectedBatch) -> Void)? = nil
    ) {}

    /// Collects until the task is cancelled. Then cancels what runs, waits for it for at most the configured grace, and
    /// forgets all exporters. A scheduler runs once.
    public func run() async {}

    /// Begins to collect from an exporter: at once, then at the points of time that its key decides.
    ///
    /// Adds it to the store, hidden until ``SnapshotStore/takeOver(_:)``. Does nothing for an id that is known already,
    /// or after ``run()`` has ended.
    ///
    /// - Parameters:
    ///   - id: The exporter's id.
    ///   - collectors: Its collectors.
    ///   - settings: How often to run them.
    ///   - labels: What every sample carries.
    ///   - exclusive: Whether the collectors run one after another; see ``Exporter/collectsExclusively``.
    public func start(
        _ id: ExporterID,
        collectors: [any MetricCollector],
        settings: CollectionSettings,
        labels: LabelSet,
        exclusive: Bool = true
    ) {}

    /// Waits until every collector of an exporter has ended its first collection, or is hung in it.
    ///
    /// - Returns: Whether the service was reached, as ``ServiceVitals/up`` says. False if the exporter is not known, is
    ///   stopped, or the task is cancelled.
    public func firstCollection(of id: ExporterID) async -> Bool { false }

    /// Gives an exporter other labels, and collects at once so that they show. Also updates the store.
    public func update(_ id: ExporterID, labels: LabelSet) {}

    /// Collects from an exporter at once, as soon as what runs of it has ended. Its phase stays.
    public func collectNow(_ id: ExporterID) {}

    /// Ends the collections of an exporter: removes it from the store, cancels what runs, and waits for it, for at most
    /// the configured grace. After that nothing of it is started again.
    public func stop(_ id: ExporterID) async {}
}
