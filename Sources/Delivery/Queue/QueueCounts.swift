/// What has become of everything that a queue was ever given, over all restarts.
public struct QueueCounts: Sendable, Hashable {
    /// The samples.
    public var samples: RecordCounts
    /// The news of alerts.
    public var alerts: RecordCounts
    /// How many rejected records are no longer in the dead-letter files, because those are bounded.
    public var discardedDeadLetters: Int

    /// Creates counts.
    public init(
        samples: RecordCounts = RecordCounts(),
        alerts: RecordCounts = RecordCounts(),
        discardedDeadLetters: Int = 0
    ) {
        self.samples = samples
        self.alerts = alerts
        self.discardedDeadLetters = discardedDeadLetters
    }
}

/// What has become of records of one kind: `added == delivered + rejected + dropped.total + backlog`.
public struct RecordCounts: Sendable, Hashable {
    /// How many were taken, those that were dropped at once among them.
    public var added: Int
    /// How many the destination has accepted.
    public var delivered: Int
    /// How many the destination has rejected; they are in the dead letters.
    public var rejected: Int
    /// How many were given up.
    public var dropped: DropCounts
    /// How many are waiting or handed out.
    public var backlog: Int
    /// How many bytes those take.
    public var bytes: Int
    /// The time of the oldest of those, in milliseconds since 1970; nil if there are none.
    public var oldest: Int64?

    /// Creates counts.
    public init(
        added: Int = 0,
        delivered: Int = 0,
        rejected: Int = 0,
        dropped: DropCounts = DropCounts(),
        backlog: Int = 0,
        bytes: Int = 0,
        oldest: Int64? = nil
    ) {
        self.added = added
        self.delivered = delivered
        self.rejected = rejected
        self.dropped = dropped
        self.backlog = backlog
        self.bytes = bytes
        self.oldest = oldest
    }

    /// Whether nothing is missing and nothing is there twice.
    public var isBalanced: Bool { added == delivered + rejected + dropped.total + backlog }
}

/// How many records were given up, by reason.
public struct DropCounts: Sendable, Hashable {
    /// For want of space.
    public var overflow: Int
    /// Because they were too old.
    public var expired: Int
    /// Because what was read was not what had been written.
    public var corrupt: Int

    /// Creates counts.
    public init(overflow: Int = 0, expired: Int = 0, corrupt: Int = 0) {
        self.overflow = overflow
        self.expired = expired
        self.corrupt = corrupt
    }

    /// All together.
    public var total: Int { overflow + expired + corrupt }
}
