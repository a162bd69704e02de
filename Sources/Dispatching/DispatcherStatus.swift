public import Discovery

/// What a ``Dispatcher`` knows at one moment. All times are of its clock.
public struct DispatcherStatus: Sendable {
    /// One service.
    public struct Service: Sendable {
        /// Where it stands.
        public enum State: String, Sendable, Hashable, CaseIterable {
            /// Its exporter is being opened.
            case settingUp = "setting_up"
            /// Its exporter is open.
            case registered
            /// Its exporter is open, and another is being opened to take over.
            case replacing
            /// Opening its exporter failed; it is tried again.
            case backingOff = "backing_off"
            /// Its exporter is being closed.
            case unregistering
        }

        /// The service as the source that owns it reports it; the last known if no source does.
        public var service: MatchedService
        /// Where it stands.
        public var state: State
        /// Since when.
        public var since: Duration
        /// The open exporter.
        public var generation: UInt64?
        /// The hash that the open exporter was opened for.
        public var liveHash: ServiceHash?
        /// How many attempts in a row have failed.
        public var failures: Int
        /// Why the last attempt failed.
        public var lastError: String?
        /// When the next attempt is due.
        public var nextAttempt: Duration?
        /// Whether its source does not report it any more, but its removal is held.
        public var isHeld: Bool
    }

    /// One source.
    public struct Source: Sendable {
        /// Its name.
        public var name: String
        /// When it was last asked.
        public var lastPoll: Duration?
        /// When it last answered.
        public var lastSuccess: Duration?
        /// How many polls there were.
        public var polls: UInt64
        /// How many of them failed.
        public var failures: UInt64
        /// How many of the last ones failed.
        public var consecutiveFailures: Int
        /// Why the last poll failed; nil if it did not.
        public var lastError: String?
        /// How many services its list in force has.
        public var services: Int
        /// How many services are gone, but held.
        public var heldRemovals: Int
        /// When they are let go if nothing changes.
        public var heldUntil: Duration?
        /// Services that the last list had twice; the first stays. Bounded.
        public var duplicates: [ServiceKey]
        /// Whether a poll has not come back long after its deadline.
        public var isHung: Bool
    }

    /// When this was true.
    public var time: Duration
    /// Every service that a source reports or that still has an exporter, in the order of their keys.
    public var services: [Service]
    /// The sources in order.
    public var sources: [Source]
}
