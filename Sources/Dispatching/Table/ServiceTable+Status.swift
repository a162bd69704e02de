import Discovery

extension ServiceTable {
    /// Everything that is known now.
    ///
    /// - Parameter now: The time.
    public func status(at now: Duration) -> DispatcherStatus {
        let services = entries.lazy.compactMap { $0.map(Self.status) }.sorted { $0.service.key < $1.service.key }
        return DispatcherStatus(time: now, services: services, sources: sources.map(Self.status))
    }

    private static func status(_ entry: ServiceEntry) -> DispatcherStatus.Service {
        let state: DispatcherStatus.Service.State =
            switch (entry.live != nil, entry.candidate != nil) {
            case (true, true): .replacing
            case (true, false): .registered
            case (false, true): entry.failures > 0 ? .backingOff : .settingUp
            case (false, false): entry.closing.isEmpty ? .backingOff : .unregistering
            }
        return DispatcherStatus.Service(
            service: entry.wanted ?? entry.last,
            state: state,
            since: entry.since,
            generation: entry.live?.generation,
            liveHash: entry.live?.service.hash,
            failures: entry.failures,
            lastError: entry.lastError,
            nextAttempt: entry.nextAttempt,
            isHeld: entry.claims.first?.heldSince != nil
        )
    }

    private static func status(_ source: SourceState) -> DispatcherStatus.Source {
        DispatcherStatus.Source(
            name: source.name,
            lastPoll: source.lastPoll,
            lastSuccess: source.lastSuccess,
            polls: source.polls,
            failures: source.failures,
            consecutiveFailures: source.consecutiveFailures,
            lastError: source.lastError,
            services: source.slots.count - source.heldCount,
            heldRemovals: source.heldCount,
            heldUntil: source.heldUntil,
            duplicates: source.duplicates,
            isHung: source.isHung
        )
    }
}
