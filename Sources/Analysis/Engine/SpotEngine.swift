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
    /// The watched series; nil where one has gone.
    var watched: ContiguousArray<WatchedSeries?> = []
    var freePlaces: [Int] = []
    /// Where a series is in ``watched``.
    var places: [SpotIdentity: Int] = [:]
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
    /// Whether a selection looks at more than the name.
    private let nameDecides: Bool

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
        nameDecides = selections.allSatisfy { $0.labels.isEmpty && $0.service == nil }
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
        let hash = hasher.adding(stat, to: hasher.start)
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
            for index in observations.indices where mayWatch(stat: observations[index].stat) {
                let selection = selection(of: observations[index])
                if selection >= 0 {
                    take(observations[index], selection, &changes)
                } else {
                    // It may have been selected under other labels.
                    forgetIfWatched(observations[index], &changes)
                }
            }
        }
        return changes
    }

    /// The place of the first selection that means a series; -1 if none does.
    private mutating func selection(of observation: SpotObservation) -> Int {
        var hash = hasher.adding(observation.stat, to: hasher.start)
        if !nameDecides {
            hash = hasher.adding(observation.service, to: hash)
            for label in observation.labels.labels {
                hash = hasher.adding(label.value, to: hasher.adding(label.name, to: hash))
            }
        }
        if let answer = matches[hash] { return Int(answer) }
        return match(observation, hash)
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

    private mutating func take(_ observation: SpotObservation, _ selection: Int, _ changes: inout [AlertChange]) {
        guard (0...Self.latestTime).contains(observation.time) else { return }
        guard let place = place(of: observation, selection, &changes) else { return }
        let rules = selections[selection]
        guard let outcome = watched[place]?.take(observation.value, at: observation.time, longestGap: rules.longestGap)
        else { return }
        watched[place]?.lastSeen = now
        switch outcome {
        case .old: tallies[selection].oldObservations &+= 1
        case .nothing: tallies[selection].observations &+= 1
        case .judged(let step):
            tallies[selection].observations &+= 1
            if step.isAlarm { tallies[selection].alarms &+= 1 }
            guard step.isAlarm || watched[place]?.tracker.isEmpty == false else { return }
            track(step, place, observation.time, &changes)
        }
    }

    private mutating func track(_ step: SpotStep, _ place: Int, _ time: Int64, _ changes: inout [AlertChange]) {
        guard let series = watched[place]?.alertSeries,
            let news = watched[place]?.tracker.observe(step, of: series, at: time)
        else { return }
        note(news, place)
        changes += news
    }

    /// Where a series is, after it was made room for if there is any.
    private mutating func place(
        of observation: SpotObservation,
        _ selection: Int,
        _ changes: inout [AlertChange]
    ) -> Int? {
        let identity = SpotIdentity(
            key: observation.key,
            stat: observation.stat,
            sourceLabels: observation.sourceLabels,
            hasher: hasher
        )
        if let place = places[identity] {
            if watched[place]?.selection == selection {
                show(observation, at: place)
                return place
            }
            changes += remove(place)
        }
        let series = SpotSeries(stat: observation.stat, service: observation.service, labels: observation.labels)
        guard places.count < maximumDetectors else {
            refuse(identity, selection)
            return nil
        }
        if !refused.isEmpty { refused[identity.quickHash] = nil }
        let rules = selections[selection]
        return add(
            WatchedSeries(identity: identity, series: series, selection: selection, rules, kind: observation.kind)
        )
    }

    /// Takes over how a series is shown.
    private mutating func show(_ observation: SpotObservation, at place: Int) {
        guard let series = watched[place]?.series,
            series.labels != observation.labels || !series.service.utf8.elementsEqual(observation.service.utf8)
        else { return }
        watched[place]?.series.labels = observation.labels
        watched[place]?.series.service = observation.service
        watched[place]?.isUnsaved = true
    }

    private mutating func forgetIfWatched(_ observation: SpotObservation, _ changes: inout [AlertChange]) {
        guard !nameDecides, !places.isEmpty else { return }
        let identity = SpotIdentity(
            key: observation.key,
            stat: observation.stat,
            sourceLabels: observation.sourceLabels,
            hasher: hasher
        )
        if let place = places[identity] { changes += remove(place) }
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
        watched[place]?.lastSeen = now
        places[identity] = place
        return place
    }

    /// Takes a series out of the table, and ends its alerts.
    mutating func remove(_ place: Int) -> [AlertChange] {
        guard let identity = watched[place]?.identity, let series = watched[place]?.alertSeries else { return [] }
        let news = watched[place]?.tracker.remove(series) ?? []
        note(news, place)
        places[identity] = nil
        alerting.remove(place)
        watched[place] = nil
        freePlaces.append(place)
        forget(identity.text)
        return news
    }

    /// Keeps books of what has become of alerts of a series.
    mutating func note(_ changes: [AlertChange], _ place: Int) {
        if watched[place]?.tracker.isEmpty == false { alerting.insert(place) } else { alerting.remove(place) }
        guard !changes.isEmpty else { return }
        if watched[place]?.hasUnsavedAlert == false {
            watched[place]?.hasUnsavedAlert = true
            watched[place]?.isUnsaved = true
            urgent.append(place)
        }
        for change in changes {
            switch change {
            case .opened: if let selection = watched[place]?.selection { tallies[selection].alerts &+= 1 }
            case .regimeChanged: break
            case .resolved(let alert): remember(ended: alert)
            }
        }
    }

    /// Remembers an alert that is over, and forgets the oldest if there are too many.
    mutating func remember(ended alert: SpotAlert) {
        ended.append(alert)
        if ended.count > maximumEndedAlerts { ended.removeFirst(ended.count - maximumEndedAlerts) }
    }
}
