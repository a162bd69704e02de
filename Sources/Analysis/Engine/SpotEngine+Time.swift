extension SpotEngine {
    /// Says what time it is: ends the alerts of series that bring no more values, and lets detectors go that have seen none
    /// for ``evictAfter``. To be called every few seconds.
    public mutating func advance(to time: Int64) -> [AlertChange] {
        now = time
        var changes: [AlertChange] = []
        for place in alerting {
            let news = watched[place].tracker.advance(to: time)
            guard !news.isEmpty else { continue }
            note(news, place)
            changes += news
        }
        for place in watched.indices where !watched[place].isVacant {
            guard let seen = watched[place].lastSeen else {
                watched[place].lastSeen = time
                continue
            }
            if Self.elapsed(from: seen, to: time) >= evictAfter { changes += remove(place) }
        }
        forgetRefused(time)
        return changes.sorted { ($0.alert.start, $0.alert.id) < ($1.alert.start, $1.alert.id) }
    }

    private mutating func forgetRefused(_ time: Int64) {
        guard !refused.isEmpty else { return }
        for (hash, entry) in refused {
            guard let seen = entry.seen else {
                refused[hash]?.seen = time
                continue
            }
            if Self.elapsed(from: seen, to: time) >= Self.refusedFor { refused[hash] = nil }
        }
    }

    /// For how long a series counts as refused that was seen no more, in milliseconds.
    private static let refusedFor: Int64 = 3_600_000

    /// Never below 0: clocks may be set back.
    static func elapsed(from start: Int64, to end: Int64) -> Int64 {
        let (difference, overflow) = end.subtractingReportingOverflow(start)
        return overflow ? (end > start ? .max : 0) : max(0, difference)
    }

    /// The alerts that go on, by start.
    public var openAlerts: [SpotAlert] {
        alerting.flatMap { watched[$0].tracker.open }.sorted { ($0.start, $0.id) < ($1.start, $1.id) }
    }

    /// The last alerts that are over, in the order in which they ended.
    public var endedAlerts: [SpotAlert] { ended }

    /// Takes over alerts that ended in an earlier run, oldest first. They are forgotten before those of this run.
    public mutating func restore(ended alerts: [SpotAlert]) {
        let known = Set(ended.map(\.id))
        let all = alerts.filter { $0.end != nil && !known.contains($0.id) } + ended
        ended = Array(all.suffix(maximumEndedAlerts))
    }
}
