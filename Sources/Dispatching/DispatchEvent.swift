public import Discovery

/// One change of state, for logs and for a history.
public struct DispatchEvent: Sendable {
    /// What happened.
    public enum Kind: String, Sendable, Hashable, CaseIterable {
        /// An exporter was opened.
        case registered
        /// An exporter took over from an older one of the same service.
        case replaced
        /// Opening an exporter failed.
        case registrationFailed = "registration_failed"
        /// Labels, tags or metadata changed in place.
        case updated
        /// A service went; its exporter is closed.
        case unregistered
        /// A source failed, after it had worked.
        case sourceFailed = "source_failed"
        /// A source works, after it had failed.
        case sourceRecovered = "source_recovered"
        /// A source has failed for so long that its last good list was dropped.
        case staleListDropped = "stale_list_dropped"
        /// A removal looks suspicious and is held.
        case removalHeld = "removal_held"
        /// A held removal was applied.
        case removalApplied = "removal_applied"
        /// What was held is there again.
        case removalReleased = "removal_released"
    }

    /// What happened.
    public var kind: Kind
    /// When, by the dispatcher's clock.
    public var time: Duration
    /// The source, if one is concerned.
    public var source: String?
    /// The service, if one is concerned.
    public var service: MatchedService?
    /// The exporter, if one is concerned.
    public var generation: UInt64?
    /// What exactly, for a person: the error, or how many services.
    public var detail: String?
}
