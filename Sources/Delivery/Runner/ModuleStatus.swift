public import ExportingModules

/// What a module does.
public enum ModuleState: String, Sendable, Hashable, CaseIterable {
    /// It is being started for the first time.
    case starting
    /// It delivers, or has nothing to deliver.
    case running
    /// Something failed, and it is tried again after a while.
    case backingOff = "backing_off"
    /// A call has passed its deadline and has not come back. Nothing else is called before it has.
    case hung
    /// The program ends, and what waits is still delivered, within a bound.
    case draining
    /// It is closed.
    case stopped
}

/// How a module is.
public struct ModuleStatus: Sendable, Hashable {
    /// The user's name for it.
    public var name: String
    /// The name of its kind.
    public var kind: String
    /// What it takes.
    public var takes: RecordKinds
    /// What it does.
    public var state: ModuleState
    /// Since when it does that: the time since 1970.
    public var since: Duration
    /// How many attempts have failed one after the other.
    public var failures: Int
    /// When the next attempt is due: the time since 1970; nil if none is waited for.
    public var nextAttempt: Duration?
    /// When it last delivered something: the time since 1970; nil if it never did.
    public var lastSuccess: Duration?
    /// What went wrong last, in one line; nil if nothing ever did.
    public var lastError: String?
    /// When that was: the time since 1970.
    public var lastErrorTime: Duration?
    /// The samples.
    public var samples: RecordStatus
    /// The news of alerts.
    public var alerts: RecordStatus
    /// How many rejected records are no longer in the dead-letter files, because those are bounded.
    public var discardedDeadLetters: Int
}

/// What has become of the records of one kind.
public struct RecordStatus: Sendable, Hashable {
    /// What the queue says, over all restarts if it is on disk.
    public var counts: RecordCounts
    /// How many were to be sent again, each as often as it was; since the start.
    public var retried: Int
    /// How many have come but have not been added, since the start.
    public var refused: RefusedCounts
    /// How many wait for the queue.
    public var waiting: Int

    /// Creates a status.
    public init(
        counts: RecordCounts = RecordCounts(),
        retried: Int = 0,
        refused: RefusedCounts = RefusedCounts(),
        waiting: Int = 0
    ) {
        self.counts = counts
        self.retried = retried
        self.refused = refused
        self.waiting = waiting
    }
}

/// How many records a queue was never given, by reason.
public struct RefusedCounts: Sendable, Hashable {
    /// Because too many were waiting for it already.
    public var overflow: Int
    /// Because the program or the exporter was stopped while they were.
    public var stopped: Int

    /// Creates counts.
    public init(overflow: Int = 0, stopped: Int = 0) {
        self.overflow = overflow
        self.stopped = stopped
    }

    /// All together.
    public var total: Int { overflow + stopped }
}
