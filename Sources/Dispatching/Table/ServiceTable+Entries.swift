import Discovery
import HeapModule

extension ServiceTable {
    /// How many characters of an error are kept for each service.
    static let maximumErrorLength = 1_000

    /// An exporter has been opened, and has taken over if it replaces one.
    ///
    /// - Parameters:
    ///   - generation: Which; a generation that is not in flight is ignored.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func registered(_ generation: UInt64, at now: Duration) -> [TableAction] {
        guard let index = byGeneration[generation], var entry = entries[index],
            let candidate = entry.candidate, candidate.generation == generation
        else { return [] }
        let older = entry.live
        entry.live = candidate
        entry.candidate = nil
        entry.forgetFailure()
        entry.since = now
        if let older { entry.closing.append(older.generation) }
        entries[index] = entry
        note(
            older == nil ? .registered : .replaced,
            at: now,
            service: candidate.service,
            generation: generation
        )
        if let older { unregister(older, key: entry.key, reason: .replaced) }
        reconcile(index, at: now)
        return takeActions()
    }

    /// An exporter could not be opened; what had been opened of it is closed already.
    ///
    /// - Parameters:
    ///   - generation: Which; a generation that is not in flight is ignored.
    ///   - error: Why, for a person.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func registrationFailed(_ generation: UInt64, error: String, at now: Duration) -> [TableAction] {
        guard let index = byGeneration[generation], var entry = entries[index],
            let candidate = entry.candidate, candidate.generation == generation
        else { return [] }
        byGeneration[generation] = nil
        entry.candidate = nil
        entry.failures += 1
        let error = String(error.prefix(Self.maximumErrorLength))
        // Told when it begins and when the reason changes, not for every attempt.
        let isNews = entry.lastError != error
        entry.lastError = error
        entry.failedHash = candidate.service.hash
        entry.nextAttempt =
            now + configuration.backoff.delay(afterFailures: entry.failures, using: &generator)
        entry.since = now
        entries[index] = entry
        if isNews {
            note(.registrationFailed, at: now, service: candidate.service, generation: generation, detail: error)
        }
        reconcile(index, at: now)
        return takeActions()
    }

    /// An exporter has been closed.
    ///
    /// - Parameters:
    ///   - generation: Which; a generation whose closing was not asked for is ignored.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func unregistered(_ generation: UInt64, at now: Duration) -> [TableAction] {
        guard let index = byGeneration[generation],
            let place = entries[index]?.closing.firstIndex(of: generation)
        else { return [] }
        byGeneration[generation] = nil
        entries[index]?.closing.remove(at: place)
        reconcile(index, at: now)
        return takeActions()
    }

    /// Makes what is there approach what is wanted, one step for one entry. Safe to call at any time.
    mutating func reconcile(_ index: Int, at now: Duration) {
        guard let entry = entries[index] else { return }
        guard let wanted = entry.wanted, !isShuttingDown else {
            release(index, entry, at: now)
            return
        }
        if let live = entry.live, live.service.hash == wanted.hash {
            keep(index, live, wanted, hasCandidate: entry.candidate != nil, at: now)
            return
        }
        guard entry.candidate == nil, entry.closing.isEmpty else { return }
        if let nextAttempt = entry.nextAttempt, entry.failedHash == wanted.hash, nextAttempt > now {
            deadlines.insert(Deadline(time: nextAttempt, subject: .entry(index)))
            return
        }
        register(index, wanted, at: now)
    }

    private mutating func register(_ index: Int, _ wanted: MatchedService, at now: Duration) {
        guard var entry = entries[index] else { return }
        if entry.failedHash != nil, entry.failedHash != wanted.hash { entry.forgetFailure() }
        let generation = nextGeneration
        nextGeneration += 1
        byGeneration[generation] = index
        entry.candidate = ServiceEntry.Exporter(generation: generation, service: wanted)
        entry.nextAttempt = nil
        if entry.failures == 0 { entry.since = now }
        entries[index] = entry
        actions.append(
            .register(
                Registration(
                    service: wanted,
                    generation: generation,
                    attempt: entry.failures + 1,
                    replaces: entry.live?.generation
                )
            )
        )
    }

    /// The live exporter is the wanted one: only what does not concern it may differ.
    private mutating func keep(
        _ index: Int,
        _ live: ServiceEntry.Exporter,
        _ wanted: MatchedService,
        hasCandidate: Bool,
        at now: Duration
    ) {
        // A failed replacement that nobody wants any more leaves no error behind.
        if !hasCandidate, entries[index]?.failures != 0 { entries[index]?.forgetFailure() }
        guard live.service !== wanted else { return }
        let isSame = live.service.isSame(as: wanted)
        entries[index]?.live?.service = wanted
        guard !isSame else { return }
        note(.updated, at: now, service: wanted, generation: live.generation)
        actions.append(.update(Update(service: wanted, generation: live.generation)))
    }

    /// Nothing is wanted: the live exporter is closed; one that is being opened is closed once it reports.
    private mutating func release(_ index: Int, _ entry: ServiceEntry, at now: Duration) {
        if let live = entry.live {
            entries[index]?.live = nil
            entries[index]?.closing.append(live.generation)
            entries[index]?.since = now
            let reason: Unregistration.Reason = isShuttingDown ? .shutdown : .removed
            note(
                .unregistered,
                at: now,
                service: live.service,
                generation: live.generation,
                detail: reason.rawValue
            )
            unregister(live, key: entry.key, reason: reason)
        }
        guard let entry = entries[index], entry.isGone else { return }
        self.index[entry.key] = nil
        entries[index] = nil
        freeEntries.append(index)
    }

    private mutating func unregister(
        _ exporter: ServiceEntry.Exporter,
        key: ServiceKey,
        reason: Unregistration.Reason
    ) {
        actions.append(
            .unregister(
                Unregistration(
                    key: key,
                    hash: exporter.service.hash,
                    generation: exporter.generation,
                    reason: reason
                )
            )
        )
    }

    mutating func makeEntry(for service: MatchedService, at now: Duration) -> Int {
        let entry = ServiceEntry(key: service.key, last: service, since: now)
        let place: Int
        if let free = freeEntries.popLast() {
            place = free
            entries[place] = entry
        } else {
            place = entries.count
            entries.append(entry)
        }
        index[service.key] = place
        return place
    }
}
