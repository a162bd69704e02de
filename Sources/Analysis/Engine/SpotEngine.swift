import Exposition

/// Points detectors at series: selects among all samples those that are to be watched, keeps a detector for each of their
/// series, and makes alerts of what the detectors find.
///
/// A series is the same as long as the key of its service, its name and its labels as collected are: new labels of the
/// service show in alerts and thresholds, and the detector goes on.
///
/// It is a value without clock, threads or input. All times are milliseconds since 1970. Samples of series that nothing
/// selects are the most by far, and cost a hash and a look into a table.
public struct SpotEngine: Sendable {
    /// What is watched. The first that matches a series has it.
    public let selections: [SpotSelection]
    /// The most detectors that there may be.
    public let maximumDetectors: Int
    /// After how long without a value a detector goes, in milliseconds.
    public let evictAfter: Int64
    /// How many alerts are remembered after their end.
    public let maximumEndedAlerts: Int

    /// What was seen of one selection since the start.
    struct Tally: Sendable {
        var observations: UInt64 = 0
        var oldObservations: UInt64 = 0
        var alarms: UInt64 = 0
        var alerts: UInt64 = 0
    }

    /// The time that the engine was told last.
    var now: Int64?
    /// The watched series, and vacancies where one has gone.
    var watched: ContiguousArray<WatchedSeries> = []
    /// Where the vacancies are.
    private var freePlaces: [Int] = []
    /// Where a series is in ``watched``.
    var places: [SpotIdentity: Int] = [:]
    /// How many series there are of one key and name, by the hash of both.
    private var watchedNames: [UInt64: Int] = [:]
    /// The places of series with an alert that goes on.
    var alerting: Set<Int> = []
    var tallies: [Tally]
    /// Series that found no room: the hash of each, its selection, and when it was seen last.
    var refused: [UInt64: (selection: Int, seen: Int64?)] = [:]
    var ended: [SpotAlert] = []
    /// Where to look next for states to store.
    var savingPlace = 0
    /// The places of series whose alerts have changed and are not stored yet.
    var urgent: [Int] = []
    /// The texts of identities that are watched no longer.
    var removed: Set<String> = []

    let hasher: SeriesHasher
    private var names: MatchCache
    private var matches: MatchCache
    /// Whether no selection looks at more than the name.
    private let nameDecides: Bool
    /// Whether a selection looks at the service.
    private let serviceMatters: Bool
    /// The labels that selections look at, in order.
    private let relevantLabels: [String]

    /// The most series that are counted as refused.
    static let refusedBound = 65_536

    /// Creates an engine.
    ///
    /// - Parameters:
    ///   - selections: What is watched. The first that matches a series has it.
    ///   - maximumDetectors: The most detectors; series beyond are not watched, but counted.
    ///   - evictAfter: After how long without a value a detector goes, in milliseconds.
    ///   - maximumEndedAlerts: How many alerts are remembered after their end.
    /// - Throws: The first parameter of a selection that is wrong, with the selection's name before it.
    public init(
        selections: [SpotSelection],
        maximumDetectors: Int = 5000,
        evictAfter: Int64 = 86_400_000,
        maximumEndedAlerts: Int = 500
    ) throws(SpotParameterError) {
        for selection in selections {
            do {
                try selection.parameters.validate()
            } catch {
                throw SpotParameterError(parameter: "\(selection.name).\(error.parameter)", message: error.message)
            }
        }
        self.selections = selections
        self.maximumDetectors = max(0, maximumDetectors)
        self.evictAfter = max(1, evictAfter)
        self.maximumEndedAlerts = max(0, maximumEndedAlerts)
        tallies = Array(repeating: Tally(), count: selections.count)
        hasher = SeriesHasher()
        names = MatchCache(bound: 16_384)
        matches = MatchCache(bound: 262_144)
        serviceMatters = selections.contains { $0.service != nil }
        relevantLabels = Set(selections.flatMap(\.labels.keys)).sorted()
        nameDecides = !serviceMatters && relevantLabels.isEmpty
    }

    /// The number of detectors.
    public var detectorCount: Int { places.count }

    /// How many series found no room within the last hour.
    public var refusedSeriesCount: Int { refused.count }
}

// MARK: - Observing

extension SpotEngine {
    /// Whether a metric of this name may be watched. If not, its samples need not be given to ``observe(_:)``.
    public mutating func mayWatch(stat: String) -> Bool {
        mayWatch(stat, hash: hasher.adding(stat, to: hasher.start))
    }

    @inline(__always)
    private mutating func mayWatch(_ stat: String, hash: UInt64) -> Bool {
        if let answer = names[hash] { return answer != 0 }
        let isMeant = selections.contains { $0.metric?(stat) ?? true }
        names.remember(isMeant ? 1 : 0, for: hash)
        return isMeant
    }

    /// Takes samples, and returns what they change about alerts.
    public mutating func observe(_ observations: [SpotObservation]) -> [AlertChange] {
        guard !selections.isEmpty else { return [] }
        var changes: [AlertChange] = []
        observations.withUnsafeBufferPointer { observations in
            guard var next = observations.baseAddress else { return }
            // Through a pointer nothing of an observation is copied that is not needed.
            for _ in 0..<observations.count {
                observe(next, &changes)
                next += 1
            }
        }
        return changes
    }

    @inline(__always)
    private mutating func observe(_ observation: UnsafePointer<SpotObservation>, _ changes: inout [AlertChange]) {
        let statHash = hasher.adding(observation.pointee.stat, to: hasher.start)
        guard mayWatch(observation.pointee.stat, hash: statHash) else { return }
        let selection = selection(of: observation, statHash)
        if selection >= 0 {
            take(observation, selection, &changes)
        } else if !nameDecides, watchedNames[hasher.adding(observation.pointee.key, to: statHash)] != nil {
            // It may have been selected under other labels.
            forgetIfWatched(observation.pointee, &changes)
        }
    }

    /// The place of the first selection that means a series; -1 if none does.
    @inline(__always)
    private mutating func selection(of observation: UnsafePointer<SpotObservation>, _ statHash: UInt64) -> Int {
        var hash = statHash
        if serviceMatters { hash = hasher.adding(observation.pointee.service, to: hash) }
        if !relevantLabels.isEmpty {
            hash = hasher.adding(observation.pointee.labels, named: relevantLabels, to: hash)
        }
        if let answer = matches[hash] { return Int(answer) }
        return match(observation.pointee, hash)
    }

    @inline(never)
    private mutating func match(_ observation: SpotObservation, _ hash: UInt64) -> Int {
        var found = -1
        let series = SpotSeries(stat: observation.stat, service: observation.service, labels: observation.labels)
        for index in selections.indices where selections[index].selects(series) {
            found = index
            break
        }
        matches.remember(Int32(truncatingIfNeeded: found), for: hash)
        return found
    }

    private mutating func take(
        _ observation: UnsafePointer<SpotObservation>,
        _ selection: Int,
        _ changes: inout [AlertChange]
    ) {
        let time = observation.pointee.time
        guard (0...Self.latestTime).contains(time), let place = place(of: observation, selection, &changes) else {
            return
        }
        // All in one call: reading parts of an entry one by one would copy it each time.
        let news = watched[place].observe(
            observation.pointee.value,
            at: time,
            labels: observation.pointee.labels,
            service: observation.pointee.service,
            now: now,
            longestGap: selections[selection].longestGap
        )
        switch news.outcome {
        case .old: tallies[selection].oldObservations &+= 1
        case .nothing: tallies[selection].observations &+= 1
        case .judged(let isAlarm):
            tallies[selection].observations &+= 1
            if isAlarm { tallies[selection].alarms &+= 1 }
        }
        guard !news.changes.isEmpty else { return }
        note(news.changes, place)
        changes += news.changes
    }

    /// Where a series is, after it was made room for if there is any.
    private mutating func place(
        of observation: UnsafePointer<SpotObservation>,
        _ selection: Int,
        _ changes: inout [AlertChange]
    ) -> Int? {
        let identity = SpotIdentity(
            key: observation.pointee.key,
            stat: observation.pointee.stat,
            sourceLabels: observation.pointee.sourceLabels,
            hasher: hasher
        )
        if let place = places[identity] {
            if watched[place].selection == selection { return place }
            changes += remove(place)
        }
        guard places.count < maximumDetectors else {
            refuse(identity, selection)
            return nil
        }
        if !refused.isEmpty { refused[identity.quickHash] = nil }
        return add(observation.pointee, identity, selection)
    }

    @inline(never)
    private mutating func add(_ observation: SpotObservation, _ identity: SpotIdentity, _ selection: Int) -> Int {
        let series = SpotSeries(stat: observation.stat, service: observation.service, labels: observation.labels)
        let rules = selections[selection]
        return add(
            WatchedSeries(identity: identity, series: series, selection: selection, rules, kind: observation.kind)
        )
    }

    private mutating func forgetIfWatched(_ observation: SpotObservation, _ changes: inout [AlertChange]) {
        let identity = SpotIdentity(
            key: observation.key,
            stat: observation.stat,
            sourceLabels: observation.sourceLabels,
            hasher: hasher
        )
        if let place = places[identity] { changes += remove(place) }
    }

    /// The hash of a key and a name together.
    private func nameHash(_ identity: SpotIdentity) -> UInt64 {
        hasher.adding(identity.key, to: hasher.adding(identity.stat, to: hasher.start))
    }

    private mutating func refuse(_ identity: SpotIdentity, _ selection: Int) {
        guard refused.count < Self.refusedBound || refused[identity.quickHash] != nil else { return }
        refused[identity.quickHash] = (selection, now)
    }

    /// The end of the year 9999, in milliseconds since 1970. Times outside are mistakes.
    static let latestTime: Int64 = 253_402_300_799_999
}

// MARK: - The table

extension SpotEngine {
    /// Puts a series into the table.
    mutating func add(_ series: WatchedSeries) -> Int {
        let identity = series.identity
        if !removed.isEmpty { removed.remove(identity.text) }
        let place: Int
        if let free = freePlaces.popLast() {
            place = free
            watched[place] = series
        } else {
            place = watched.count
            watched.append(series)
        }
        watched[place].lastSeen = now
        places[identity] = place
        watchedNames[nameHash(identity), default: 0] += 1
        return place
    }

    /// Takes a series out of the table, and ends its alerts.
    mutating func remove(_ place: Int) -> [AlertChange] {
        let identity = watched[place].identity
        let series = watched[place].alertSeries
        let news = watched[place].tracker.remove(series)
        note(news, place)
        places[identity] = nil
        let name = nameHash(identity)
        let left = (watchedNames[name] ?? 1) - 1
        watchedNames[name] = left > 0 ? left : nil
        alerting.remove(place)
        watched[place] = .vacancy
        freePlaces.append(place)
        forget(identity.text)
        return news
    }

    /// Keeps books of what has become of alerts of a series.
    mutating func note(_ changes: [AlertChange], _ place: Int) {
        if watched[place].tracker.isEmpty { alerting.remove(place) } else { alerting.insert(place) }
        guard !changes.isEmpty else { return }
        if !watched[place].hasUnsavedAlert {
            watched[place].hasUnsavedAlert = true
            watched[place].isUnsaved = true
            urgent.append(place)
        }
        for change in changes {
            switch change {
            case .opened: tallies[watched[place].selection].alerts &+= 1
            case .regimeChanged: break
            case .resolved(let alert): remember(ended: alert)
            }
        }
    }

    /// Remembers an alert that is over, and forgets the oldest if there are too many.
    mutating func remember(ended alert: SpotAlert) {
        ended.removeAll { $0.id == alert.id }
        ended.append(alert)
        if ended.count > maximumEndedAlerts { ended.removeFirst(ended.count - maximumEndedAlerts) }
    }
}
