import Exposition

/// What ``CollectionScheduler`` keeps under its lock.
struct SchedulerState {
    enum Stage {
        /// ``CollectionScheduler/run()`` was not called yet.
        case waiting
        case running
        case ended
    }

    /// One exporter.
    struct Member: Sendable {
        let collectors: [any MetricCollector]
        let settings: CollectionSettings
        var labels: LabelSet
        let snapshots: ExporterSnapshots
        var isStopping = false
        /// The collectors whose first collection has not ended.
        var firstPending: Set<Int>
        var firstWaiters: [UInt64: CheckedContinuation<Bool, Never>] = [:]
        var stopWaiters: [CheckedContinuation<Void, Never>] = []

        init(
            collectors: [any MetricCollector],
            settings: CollectionSettings,
            labels: LabelSet,
            snapshots: ExporterSnapshots
        ) {
            self.collectors = collectors
            self.settings = settings
            self.labels = labels
            self.snapshots = snapshots
            firstPending = Set(collectors.indices)
        }

        var isFirstOver: Bool { firstPending.isEmpty }

        func isUp(now: Duration) -> Bool {
            collectors.isEmpty || snapshots.vitals(now: now).up
        }
    }

    /// A collection that has ended and is in the store.
    struct EndedCollection: Sendable {
        var run: Schedule.Run
        var member: Member
        /// When it began, since 1970.
        var begin: Duration
        var outcome: CollectionOutcome
        var families: [MetricFamily] = []
        var isTimeout = false
        var change: CollectorSnapshot.Change
        /// What got lost when its samples were joined with those of other parts.
        var joinProblems: [SampleProblem]

        var collector: any MetricCollector { member.collectors[run.collector] }

        /// What others are told of it.
        var batch: CollectedBatch {
            CollectedBatch(
                id: run.exporter,
                collector: collector.name,
                labels: member.labels,
                time: begin,
                duration: outcome.duration,
                families: families,
                error: outcome.failure,
                isPartial: outcome.isPartial,
                staleAfter: member.settings.staleAfter(of: collector),
                sampleLimit: member.settings.sampleLimit
            )
        }
    }

    /// What is to be done after the lock was let go: it may run code of others.
    struct Effects: Sendable {
        var cancelled: [Task<Void, Never>] = []
        var ended: [EndedCollection] = []
        var answered: [(CheckedContinuation<Bool, Never>, Bool)] = []
        var resumed: [CheckedContinuation<Void, Never>] = []
        var wakesTimer = false
    }

    var stage = Stage.waiting
    var schedule: Schedule
    var members: [ExporterID: Member] = [:]
    /// The collections that are out, those included that nobody waits for any more.
    var tasks: [UInt64: Task<Void, Never>] = [:]
    /// Those that tell of collections that have passed their timeout, which may be out still.
    var announcements: [UInt64: Task<Void, Never>] = [:]
    /// The points of time that timers wait for, in nanoseconds: mostly one.
    var timers: [Int64] = []
    var lastWaiter: UInt64 = 0
    /// Resumed when no task is out any more, or after that was waited for long enough.
    var drained: CheckedContinuation<Void, Never>?
    var isDrainOver = false
    var effects = Effects()

    init(schedule: Schedule) {
        self.schedule = schedule
    }

    mutating func takeEffects() -> Effects {
        defer { effects = Effects() }
        return effects
    }

    /// The next point of time that has no timer yet, if it is earlier than those that have; it has one now.
    mutating func nextTimer() -> Int64? {
        guard stage == .running, let next = schedule.nextEvent(), next < timers.min() ?? .max else { return nil }
        timers.append(next)
        return next
    }

    /// Whether ``nextTimer()`` would give one.
    mutating func needsTimer() -> Bool {
        guard stage == .running, let next = schedule.nextEvent() else { return false }
        return next < timers.min() ?? .max
    }

    /// Whether nothing is out any more.
    var isQuiet: Bool { tasks.isEmpty && announcements.isEmpty }

    /// Resumes who waits for the end, if nothing is out any more.
    mutating func endIfQuiet() {
        if isQuiet, let drained = takeDrained() { effects.resumed.append(drained) }
    }

    mutating func takeDrained() -> CheckedContinuation<Void, Never>? {
        defer { drained = nil }
        return drained
    }

    /// Notes that the first collection of a collector has ended.
    mutating func firstEnded(_ id: ExporterID, _ collector: Int, now: Duration) {
        guard members[id]?.firstPending.remove(collector) != nil else { return }
        answerFirstWaiters(id, now: now)
    }

    /// Notes that a collector is hung: there is no use in waiting for the others of its exporter.
    mutating func firstHung(_ id: ExporterID, now: Duration) {
        guard members[id]?.firstPending.isEmpty == false else { return }
        members[id]?.firstPending = []
        answerFirstWaiters(id, now: now)
    }

    private mutating func answerFirstWaiters(_ id: ExporterID, now: Duration) {
        guard let member = members[id], member.isFirstOver, !member.firstWaiters.isEmpty else { return }
        let isUp = member.isUp(now: now)
        effects.answered += member.firstWaiters.values.map { ($0, isUp) }
        members[id]?.firstWaiters = [:]
    }

    /// Forgets an exporter that was stopped.
    mutating func forget(_ id: ExporterID) {
        guard let member = members.removeValue(forKey: id) else { return }
        effects.resumed += member.stopWaiters
        effects.answered += member.firstWaiters.values.map { ($0, false) }
    }
}
