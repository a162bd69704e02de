public import Exposition
public import Logging
import Synchronization

/// Runs the collectors of all exporters, each on its schedule, and puts what they give into a ``SnapshotStore``.
///
/// ```swift
/// let store = SnapshotStore()
/// let scheduler = CollectionScheduler(store: store)
/// let id = ExporterID(key: "orders-db")
/// scheduler.start(id, collectors: exporter.collectors, settings: .standard, labels: ["service": "orders"])
/// store.takeOver(id)
/// await scheduler.run()
/// ```
///
/// - Collections of one collector never overlap, nor do those of one exclusive exporter.
/// - The first ones begin at once. Later ones fall at points of time that the exporter's key decides, which spread evenly
///   over the interval and stay the same after a restart. If a collection takes longer than its interval, the points it
///   misses are skipped.
/// - Only so many collections run at a time; the others wait in line.
/// - A collection that passes its timeout is cancelled, counts as failed and gives its place to others. If it ignores
///   that, its collector is not run again before it has come back.
public final class CollectionScheduler: Sendable {
    /// How the scheduler works.
    public struct Configuration: Sendable, Hashable {
        /// How many collections run at the same time at most. Those of collectors that timed out the last time get half
        /// of that.
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

    let store: SnapshotStore
    let time: TimeSource
    let grace: Duration
    let metrics: CollectionMetrics?
    let logger: Logger?
    let onCollection: (@Sendable (CollectedBatch) async -> Void)?
    let state: Mutex<SchedulerState>
    /// Says that the next event is earlier than what the timers wait for.
    let alarms: AsyncStream<Void>
    let alarm: AsyncStream<Void>.Continuation

    /// Creates a scheduler. Nothing is collected until ``run()`` is called.
    ///
    /// - Parameters:
    ///   - store: Where snapshots go. Its ``SnapshotStore/time`` is the scheduler's.
    ///   - configuration: How it works.
    ///   - metrics: Where the scheduler counts; nil to not count.
    ///   - logger: Gets one line when a collector begins to fail, and one when it is well again.
    ///   - onCollection: Called once for each collection that has ended, also if it failed or was given up, from several
    ///     tasks. The collector's next collection waits for it, and that of an exclusive exporter too, so it can hold
    ///     collections back; the collection's place does not wait. It must return soon when its task is cancelled, as
    ///     ``stop(_:)`` and the end of ``run()`` do. It is not called for collections that ``stop(_:)`` has cut off.
    public init(
        store: SnapshotStore,
        configuration: Configuration = Configuration(),
        metrics: SelfMetrics? = nil,
        logger: Logger? = nil,
        onCollection: (@Sendable (CollectedBatch) async -> Void)? = nil
    ) {
        self.store = store
        time = store.time
        grace = max(configuration.grace, .zero)
        self.metrics = metrics.map(CollectionMetrics.init)
        self.logger = logger
        self.onCollection = onCollection
        let schedule = Schedule(
            limit: configuration.concurrency,
            seed: configuration.seed,
            grace: grace.boundedNanoseconds
        )
        state = Mutex(SchedulerState(schedule: schedule))
        (alarms, alarm) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
        metrics?.onRead { [weak self] in self.map { CollectionMetrics.families($0.status) } ?? [] }
    }

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
    ) {
        let plans = collectors.map { collector in
            Schedule.Plan(
                interval: settings.interval(of: collector).boundedNanoseconds,
                timeout: settings.timeout(of: collector).boundedNanoseconds
            )
        }
        transition { state, now in
            guard state.stage != .ended, state.members[id] == nil else { return [] }
            let snapshots = store.ensure(id, labels: labels)
            snapshots.prepare(CollectorPlan.plans(for: collectors, settings: settings))
            state.members[id] = SchedulerState.Member(
                collectors: collectors,
                settings: settings,
                labels: labels,
                snapshots: snapshots
            )
            return state.schedule.add(id, plans: plans, isExclusive: exclusive, now: now)
        }
    }

    /// Waits until every collector of an exporter has ended its first collection, or one is hung in it.
    ///
    /// - Returns: Whether the service was reached, as ``ServiceVitals/up`` says. True for an exporter without collectors.
    ///   False if the exporter is not known, is stopped, or the task is cancelled.
    public func firstCollection(of id: ExporterID) async -> Bool {
        let waiter = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Bool? in
                    guard !Task.isCancelled, let member = state.members[id], !member.isStopping else { return false }
                    if member.isFirstOver { return member.isUp(now: time.now) }
                    state.members[id]?.firstWaiters[waiter] = continuation
                    return nil
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            state.withLock { $0.members[id]?.firstWaiters.removeValue(forKey: waiter) }?.resume(returning: false)
        }
    }

    /// Gives an exporter other labels, and collects at once so that they show. Also updates the store.
    public func update(_ id: ExporterID, labels: LabelSet) {
        transition { state, now in
            guard let member = state.members[id], member.labels != labels else { return [] }
            state.members[id]?.labels = labels
            member.snapshots.labels = labels
            return state.schedule.collect(id, now: now)
        }
    }

    /// Collects from an exporter at once, as soon as what runs of it has ended. Its phase stays.
    public func collectNow(_ id: ExporterID) {
        transition { state, now in state.schedule.collect(id, now: now) }
    }

    /// Ends the collections of an exporter: removes it from the store, cancels what runs, and waits for it, for at most
    /// the configured grace. After that nothing of it is started again.
    public func stop(_ id: ExporterID) async {
        store.remove(id)
        await withCheckedContinuation { continuation in
            transition { state, now in
                guard state.members[id] != nil else {
                    state.effects.resumed.append(continuation)
                    return []
                }
                state.members[id]?.isStopping = true
                state.members[id]?.stopWaiters.append(continuation)
                return state.schedule.remove(id, now: now)
            }
        }
    }

    /// What it does now.
    public var status: SchedulerStatus {
        state.withLock { state in
            let counts = state.schedule.counts
            return SchedulerStatus(
                exporters: counts.exporters,
                collectors: counts.collectors,
                running: counts.running,
                queued: counts.queued,
                hung: counts.hung,
                skipped: state.schedule.skippedCount
            )
        }
    }
}
