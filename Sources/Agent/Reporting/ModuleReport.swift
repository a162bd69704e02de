import Delivery
import ExportingModules

/// An exporting module and how it does.
struct ModuleReport: Sendable, Codable {
    /// What has become of records of one kind.
    struct Records: Sendable, Codable {
        /// How many its queue has taken.
        var added: Int
        /// How many the destination has.
        var delivered: Int
        /// How many were to be sent again, each as often as it was.
        var retried: Int
        /// How many the destination refused.
        var rejected: Int
        /// How many were given up, by reason.
        var dropped: [String: Int]
        /// How many wait.
        var backlog: Int
        /// How many bytes wait.
        var backlogBytes: Int
        /// How old the oldest is that waits, in seconds.
        var backlogAgeSeconds: Double?
    }

    /// The user's name for it.
    var name: String
    /// The kind of module.
    var kind: String
    /// `samples`, `alerts`.
    var takes: [String]
    /// `starting`, `running`, `backing_off`, `hung`, `draining`, `stopped`.
    var state: String
    /// Since when, in seconds since 1970.
    var since: Double
    /// How many attempts have failed one after the other.
    var failures: Int
    /// When it is tried next, in seconds since 1970.
    var nextAttempt: Double?
    /// When it last delivered something, in seconds since 1970.
    var lastSuccess: Double?
    /// What went wrong last.
    var lastError: String?
    /// When, in seconds since 1970.
    var lastErrorTime: Double?
    /// The samples.
    var samples: Records
    /// The news of alerts.
    var alerts: Records
    /// How many rejected records are no longer in the dead-letter files.
    var discardedDeadLetters: Int
}

extension ModuleReport {
    /// A status as of a time since 1970.
    init(_ status: ModuleStatus, now: Duration) {
        self.init(
            name: status.name,
            kind: status.kind,
            takes: (status.takes.contains(.samples) ? ["samples"] : [])
                + (status.takes.contains(.alerts) ? ["alerts"] : []),
            state: status.state.rawValue,
            since: status.since.seconds,
            failures: status.failures,
            nextAttempt: status.nextAttempt?.seconds,
            lastSuccess: status.lastSuccess?.seconds,
            lastError: status.lastError,
            lastErrorTime: status.lastErrorTime?.seconds,
            samples: Records(status.samples, now: now),
            alerts: Records(status.alerts, now: now),
            discardedDeadLetters: status.discardedDeadLetters
        )
    }
}

extension ModuleReport.Records {
    init(_ status: RecordStatus, now: Duration) {
        let counts = status.counts
        let dropped = [
            "overflow": counts.dropped.overflow, "expired": counts.dropped.expired, "corrupt": counts.dropped.corrupt,
            "intake_overflow": status.refused.overflow, "stopped": status.refused.stopped,
        ]
        self.init(
            added: counts.added,
            delivered: counts.delivered,
            retried: status.retried,
            rejected: counts.rejected,
            dropped: dropped.filter { $0.value > 0 },
            backlog: counts.backlog + status.waiting,
            backlogBytes: counts.bytes,
            backlogAgeSeconds: counts.oldest.map { max(0, now.seconds - Double($0) / 1000) }
        )
    }
}
