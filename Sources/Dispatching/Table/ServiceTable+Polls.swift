public import Discovery
import HeapModule

extension ServiceTable {
    /// How many duplicate keys a status names at most.
    private static let maximumDuplicates = 20

    /// A source is being asked.
    public mutating func pollStarted(_ source: Int, at now: Duration) {
        guard sources.indices.contains(source) else { return }
        sources[source].lastPoll = now
        sources[source].polls += 1
    }

    /// A poll has not come back although its time is over and it was cancelled, or it has come back after all.
    public mutating func setHung(_ source: Int, _ isHung: Bool) {
        guard sources.indices.contains(source) else { return }
        sources[source].isHung = isHung
    }

    /// A source could not say which services exist. Nothing changes, until the last good list is too old.
    ///
    /// - Parameters:
    ///   - source: Which.
    ///   - error: Why, for a person.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func pollFailed(_ source: Int, error: String, at now: Duration) -> [TableAction] {
        guard sources.indices.contains(source), !isShuttingDown else { return [] }
        sources[source].failures += 1
        sources[source].consecutiveFailures += 1
        let error = String(error.prefix(Self.maximumErrorLength))
        sources[source].lastError = error
        if sources[source].consecutiveFailures == 1 { note(.sourceFailed, at: now, source: source, detail: error) }
        watchStaleness(of: source)
        return takeActions()
    }

    /// A source said which services exist now.
    ///
    /// - Parameters:
    ///   - source: Which.
    ///   - list: All of them. A key that stands twice counts where it stands first.
    ///   - now: The time.
    /// - Returns: What to do.
    public mutating func pollSucceeded(_ source: Int, _ list: [MatchedService], at now: Duration) -> [TableAction] {
        guard sources.indices.contains(source), !isShuttingDown else { return [] }
        sources[source].lastSuccess = now
        sources[source].lastError = nil
        if sources[source].consecutiveFailures > 0 {
            sources[source].consecutiveFailures = 0
            note(.sourceRecovered, at: now, source: source)
        }
        let isHolding = sources[source].heldCount > 0
        let unchanged = isHolding ? 0 : unchangedPrefix(source, list)
        if isHolding || unchanged < max(list.count, sources[source].slots.count) {
            apply(list, unchanged: unchanged, to: source, at: now)
        } else if !sources[source].duplicates.isEmpty {
            sources[source].duplicates = []
        }
        return takeActions()
    }

    /// How many services stand where they stood in the list before, and are the same, from the start.
    private func unchangedPrefix(_ source: Int, _ list: [MatchedService]) -> Int {
        let slots = sources[source].slots
        let count = min(slots.count, list.count)
        var place = 0
        while place < count {
            // Asked here as well, so that an unchanged object is not even retained.
            guard
                list[place] === slots[place].service || list[place].isSame(as: slots[place].service)
            else { break }
            place += 1
        }
        return place
    }

    private mutating func apply(_ list: [MatchedService], unchanged: Int, to source: Int, at now: Duration) {
        var comparison = ListComparison(old: sources[source].slots, unchanged: unchanged, capacity: list.count)
        // Emptied first, so that the old slots are not copied when they are replaced.
        sources[source].slots = []
        let isHolding = sources[source].heldCount > 0
        for service in list.dropFirst(unchanged) where isHolding || !comparison.passesOver(service) {
            place(service, of: source, in: &comparison)
        }
        let missing = comparison.old.indices.filter { !comparison.isSeen[$0] }
        let isSuspicious =
            !missing.isEmpty
            && (list.isEmpty || Double(missing.count) > configuration.maximumRemoval * Double(comparison.old.count))
        settle(missing, isSuspicious: isSuspicious, of: source, in: &comparison, at: now)
        sources[source].slots = comparison.new
        sources[source].duplicates = comparison.duplicates
        for entry in comparison.touched { reconcile(entry, at: now) }
    }

    /// Finds where a service stood in the list before, or makes room for it.
    private mutating func place(_ service: MatchedService, of source: Int, in comparison: inout ListComparison) {
        if let (place, isSame) = oldPlace(of: service, in: &comparison) {
            guard !comparison.isSeen[place] else { return comparison.addDuplicate(service.key) }
            comparison.isSeen[place] = true
            comparison.next = place + 1
            let entry = comparison.old[place].entry
            // The object that was there stays if nothing changed: no service is kept twice, and nothing is freed here.
            let slot = isSame ? comparison.old[place] : SourceState.Slot(entry: entry, service: service)
            comparison.new.append(slot)
            guard !isSame || sources[source].heldCount > 0 else { return }
            updateClaim(of: entry, source) { claim in
                claim.heldSince = nil
                claim.service = slot.service
            }
            if !isSame { comparison.touched.append(entry) }
            return
        }
        let entry = index[service.key] ?? makeEntry(for: service, at: sources[source].lastSuccess ?? .zero)
        if let claim = entries[entry]?.claimIndex(of: source) {
            // Known and not absent: this list has had it already.
            guard entries[entry]?.claims[claim].absentSince != nil else {
                return comparison.addDuplicate(service.key)
            }
            sources[source].absent.remove(entry)
            updateClaim(of: entry, source) { claim in
                claim.absentSince = nil
                claim.service = service
            }
        } else {
            entries[entry]?.insert(ServiceEntry.Claim(source: source, service: service))
        }
        comparison.new.append(SourceState.Slot(entry: entry, service: service))
        comparison.touched.append(entry)
    }

    /// Where a service stood in the list before, and whether it was the same. The list usually comes in the order that
    /// it had before, with a line more or less here and there, so the next places are looked at first.
    private func oldPlace(
        of service: MatchedService,
        in comparison: inout ListComparison
    ) -> (place: Int, isSame: Bool)? {
        for place in comparison.next...(comparison.next + 1) where place < comparison.old.count {
            if service.isSame(as: comparison.old[place].service) { return (place, true) }
            if comparison.old[place].service.key == service.key { return (place, false) }
        }
        guard let entry = index[service.key], let place = comparison.place(of: entry, entries: entries.count) else {
            return nil
        }
        return (place, service.isSame(as: comparison.old[place].service))
    }

    /// Decides what becomes of services that the list misses: held, or let go.
    private mutating func settle(
        _ missing: [Int],
        isSuspicious: Bool,
        of source: Int,
        in comparison: inout ListComparison,
        at now: Duration
    ) {
        let heldBefore = sources[source].heldCount
        var held = 0
        var applied = 0
        var oldest: Duration?
        for place in missing {
            let slot = comparison.old[place]
            let since = entries[slot.entry]?.claims.first { $0.source == source }?.heldSince
            if isSuspicious, (since ?? now) + configuration.hold > now {
                comparison.new.append(slot)
                updateClaim(of: slot.entry, source) { $0.heldSince = since ?? now }
                held += 1
                oldest = min(oldest ?? now, since ?? now)
            } else {
                if since != nil { applied += 1 }
                letGo(slot.entry, of: source, absentSince: since ?? now, at: now)
                comparison.touched.append(slot.entry)
            }
        }
        sources[source].heldCount = held
        let until = oldest.map { $0 + configuration.hold }
        if let until, until != sources[source].heldUntil {
            deadlines.insert(Deadline(time: until, subject: .hold(source)))
        }
        sources[source].heldUntil = until
        if applied > 0 { note(.removalApplied, at: now, source: source, detail: "\(applied) services") }
        if held > heldBefore {
            note(.removalHeld, at: now, source: source, detail: "\(held) of \(comparison.old.count) services")
        } else if heldBefore > held + applied {
            note(.removalReleased, at: now, source: source, detail: "\(heldBefore - held - applied) services")
        }
    }

    /// A source reports a service no longer: its claim ends when it has been absent for the grace.
    private mutating func letGo(_ entry: Int, of source: Int, absentSince: Duration, at now: Duration) {
        if absentSince + configuration.grace <= now {
            entries[entry]?.claims.removeAll { $0.source == source }
            return
        }
        updateClaim(of: entry, source) { claim in
            claim.absentSince = absentSince
            claim.heldSince = nil
        }
        sources[source].absent.insert(entry)
        deadlines.insert(Deadline(time: absentSince + configuration.grace, subject: .grace(source)))
    }

    mutating func endGrace(of source: Int, at now: Duration) {
        let ended = sources[source].absent.filter { entry in
            let since = entries[entry]?.claims.first { $0.source == source }?.absentSince
            return since.map { $0 + configuration.grace <= now } ?? true
        }
        sources[source].absent.subtract(ended)
        for entry in ended.sorted() {
            entries[entry]?.claims.removeAll { $0.source == source }
            reconcile(entry, at: now)
        }
    }

    /// Sets the deadline at which the list of a failing source is too old.
    private mutating func watchStaleness(of source: Int) {
        let state = sources[source]
        guard let lastSuccess = state.lastSuccess, !state.hasStaleDeadline, state.hasList else { return }
        sources[source].hasStaleDeadline = true
        deadlines.insert(Deadline(time: lastSuccess + configuration.keepStale, subject: .stale(source)))
    }

    mutating func dropIfStale(_ source: Int, at now: Duration) {
        sources[source].hasStaleDeadline = false
        let state = sources[source]
        guard state.consecutiveFailures > 0, let lastSuccess = state.lastSuccess, state.hasList else { return }
        guard lastSuccess + configuration.keepStale <= now else { return watchStaleness(of: source) }
        let dropped = state.slots.map(\.entry) + state.absent.sorted()
        sources[source].forgetList()
        note(.staleListDropped, at: now, source: source, detail: "\(dropped.count) services")
        for entry in dropped {
            entries[entry]?.claims.removeAll { $0.source == source }
            reconcile(entry, at: now)
        }
    }

    /// A person says that everything held is right to go: it goes now, without grace.
    ///
    /// - Parameter now: The time.
    /// - Returns: How many services that were, and what to do.
    public mutating func confirmRemovals(at now: Duration) -> (count: Int, actions: [TableAction]) {
        var count = 0
        for source in sources.indices where sources[source].heldCount > 0 && !isShuttingDown {
            var kept: [SourceState.Slot] = []
            var ended: [Int] = []
            for slot in sources[source].slots {
                let claim = entries[slot.entry]?.claims.first { $0.source == source }
                if claim?.heldSince == nil {
                    kept.append(slot)
                } else {
                    ended.append(slot.entry)
                }
            }
            sources[source].slots = kept
            sources[source].heldCount = 0
            sources[source].heldUntil = nil
            note(.removalApplied, at: now, source: source, detail: "\(ended.count) services, confirmed by a person")
            for entry in ended {
                entries[entry]?.claims.removeAll { $0.source == source }
                reconcile(entry, at: now)
            }
            count += ended.count
        }
        return (count, takeActions())
    }

    private mutating func updateClaim(
        of entry: Int,
        _ source: Int,
        _ change: (inout ServiceEntry.Claim) -> Void
    ) {
        guard let claim = entries[entry]?.claimIndex(of: source) else { return }
        entries[entry]?.modifyClaim(claim, change)
    }

    /// The state of one comparison of a list with the one before it.
    struct ListComparison {
        let old: [SourceState.Slot]
        var isSeen: [Bool]
        var new: [SourceState.Slot] = []
        /// Where the next service of the list most likely stood.
        var next = 0
        /// Entries whose claims changed.
        var touched: [Int] = []
        var duplicates: [ServiceKey] = []

        /// Where each entry stood, by entry; made only when some place has to be searched.
        private var places: [Int] = []

        init(old: [SourceState.Slot], unchanged: Int, capacity: Int) {
            self.old = old
            isSeen = [Bool](repeating: true, count: unchanged)
            isSeen += repeatElement(false, count: old.count - unchanged)
            next = unchanged
            new.reserveCapacity(max(capacity, old.count))
            new += old.prefix(unchanged)
        }

        /// Where an entry stood in the list before.
        mutating func place(of entry: Int, entries: Int) -> Int? {
            if places.isEmpty {
                places = [Int](repeating: -1, count: entries)
                for place in old.indices { places[old[place].entry] = place }
            }
            // Entries that were made since were in no list before.
            return entry < places.count && places[entry] >= 0 ? places[entry] : nil
        }

        /// Passes over a service that is the same as the next one of the list before: nothing has to be looked up.
        mutating func passesOver(_ service: MatchedService) -> Bool {
            guard next < old.count, !isSeen[next],
                service === old[next].service || service.isSame(as: old[next].service)
            else { return false }
            isSeen[next] = true
            new.append(old[next])
            next += 1
            return true
        }

        mutating func addDuplicate(_ key: ServiceKey) {
            if duplicates.count < ServiceTable.maximumDuplicates { duplicates.append(key) }
        }
    }
}
