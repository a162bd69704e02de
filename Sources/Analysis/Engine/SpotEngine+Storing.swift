import Exposition

/// What has become of stored states.
public struct SpotRestoreReport: Sendable, Hashable {
    /// Why a state is not used.
    public enum Reason: String, Sendable, Hashable, CaseIterable {
        /// A later version wrote it.
        case unknownVersion = "unknown_version"
        /// Its bytes are not what was written, or nothing could be in that state.
        case damaged
        /// No selection means the series any longer.
        case notSelected = "not_selected"
        /// Its selection has other parameters now.
        case otherParameters = "other_parameters"
        /// Its series has brought nothing for longer than detectors are kept.
        case tooOld = "too_old"
        /// There are as many detectors as there may be.
        case noRoom = "no_room"
        /// The series is watched already.
        case known
    }

    /// How many detectors go on where they were.
    public var restoredCount = 0
    /// How many states are not used, and why.
    public var dropped: [Reason: Int] = [:]
    /// The alerts that ended because their series is watched no longer, or in another way.
    public var changes: [AlertChange] = []

    /// How many states are not used.
    public var droppedCount: Int { dropped.values.reduce(0, +) }
}

extension SpotEngine {
    /// The states that have changed since they were returned last: first those whose alerts have changed, then all others
    /// in turn.
    ///
    /// - Parameter limit: The most that are returned.
    /// - Returns: The identity of each series, which is the same in every run, and its state.
    public mutating func dirtyStates(limit: Int) -> [(identity: String, bytes: [UInt8])] {
        var result: [(identity: String, bytes: [UInt8])] = []
        while result.count < limit, let place = urgent.popLast() {
            if watched[place].hasUnsavedAlert { save(place, &result) }
        }
        var looked = 0
        while result.count < limit, looked < watched.count {
            if savingPlace >= watched.count { savingPlace = 0 }
            if watched[savingPlace].isUnsaved { save(savingPlace, &result) }
            savingPlace += 1
            looked += 1
        }
        return result
    }

    private mutating func save(_ place: Int, _ result: inout [(identity: String, bytes: [UInt8])]) {
        result.append((watched[place].identity.text, StoredSeries(watched[place]).bytes))
        watched[place].isUnsaved = false
        watched[place].hasUnsavedAlert = false
    }

    /// The identities whose stored states are of no use any longer. They are returned once, and are to be deleted before
    /// what ``dirtyStates(limit:)`` returns next is stored.
    public mutating func removedIdentities() -> [String] {
        defer { removed = [] }
        return removed.sorted()
    }

    /// Takes back that states were stored: all of them are returned by ``dirtyStates(limit:)`` again.
    public mutating func markUnsaved() {
        for place in watched.indices where !watched[place].isVacant {
            watched[place].isUnsaved = true
            if !watched[place].tracker.isEmpty, !watched[place].hasUnsavedAlert {
                watched[place].hasUnsavedAlert = true
                urgent.append(place)
            }
        }
    }

    /// Goes on with states that were stored in an earlier run. One that cannot be used is dropped and counted.
    ///
    /// - Parameters:
    ///   - states: What ``dirtyStates(limit:)`` returned.
    ///   - time: What time it is.
    public mutating func restore(
        _ states: [(identity: String, bytes: [UInt8])],
        at time: Int64
    ) -> SpotRestoreReport {
        var report = SpotRestoreReport()
        for state in states {
            let endedBefore = report.changes.count
            if let reason = restore(state.identity, state.bytes, time, &report) {
                report.dropped[reason, default: 0] += 1
                // Kept with its alerts it would end them again in the next run.
                if reason.makesUseless || report.changes.count > endedBefore { forget(state.identity) }
            } else {
                report.restoredCount += 1
            }
        }
        return report
    }

    /// - Returns: Why a state is not used; nil if it is.
    private mutating func restore(
        _ text: String,
        _ bytes: [UInt8],
        _ time: Int64,
        _ report: inout SpotRestoreReport
    ) -> SpotRestoreReport.Reason? {
        let stored: StoredSeries
        do {
            stored = try StoredSeries(bytes: bytes)
        } catch {
            return error == .unknownVersion ? .unknownVersion : .damaged
        }
        let stat = stored.series.stat
        let identity = SpotIdentity(key: stored.key, stat: stat, sourceLabels: stored.sourceLabels, hasher: hasher)
        guard identity.text == text else { return .damaged }
        guard places[identity] == nil else { return .known }
        let reason: SpotRestoreReport.Reason
        let last = stored.spacing.last ?? time
        if Self.elapsed(from: last, to: time) >= evictAfter {
            reason = .tooOld
        } else if let selection = selections.firstIndex(where: { $0.selects(stored.series) }) {
            guard stored.suits(selections[selection]) else { return end(stored, .otherParameters, &report) }
            guard places.count < maximumDetectors else { return end(stored, .noRoom, &report) }
            do {
                let series = try WatchedSeries(stored, identity: identity, selection: selection, selections[selection])
                let place = add(series)
                watched[place].lastSeen = min(last, time)
                if !series.tracker.isEmpty { alerting.insert(place) }
                return nil
            } catch {
                return .damaged
            }
        } else {
            reason = .notSelected
        }
        return end(stored, reason, &report)
    }

    /// Ends the alerts of a series that is not taken over.
    private mutating func end(
        _ stored: StoredSeries,
        _ reason: SpotRestoreReport.Reason,
        _ report: inout SpotRestoreReport
    ) -> SpotRestoreReport.Reason {
        var tracker = AlertTracker()
        for open in stored.alerts { tracker.restore(open) }
        guard let series = tracker.anySeries else { return reason }
        let changes = tracker.remove(series)
        for change in changes { remember(ended: change.alert) }
        report.changes += changes
        return reason
    }

    /// Notes that a stored state is of no use.
    mutating func forget(_ identity: String) {
        // Somebody who never asks for them does not need them either.
        if removed.count < Self.removedBound { removed.insert(identity) }
    }

    private static let removedBound = 65_536
}

extension SpotRestoreReport.Reason {
    /// Whether the state will not be used in any later run either. Selections and bounds may be changed back.
    fileprivate var makesUseless: Bool {
        switch self {
        case .unknownVersion, .damaged, .otherParameters, .tooOld: true
        case .notSelected, .noRoom, .known: false
        }
    }
}
