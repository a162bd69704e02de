/// What has become of an alert.
public enum AlertChange: Sendable, Hashable {
    /// It has begun.
    case opened(SpotAlert)
    /// Its series was found to have changed for good.
    case regimeChanged(SpotAlert)
    /// It is over.
    case resolved(SpotAlert)

    /// The alert.
    public var alert: SpotAlert {
        switch self {
        case .opened(let alert), .regimeChanged(let alert), .resolved(let alert): alert
        }
    }
}

/// Makes alerts of alarms: what follows upon an alarm of a series on the same side belongs to the same alert, until the
/// series has been normal for ``resolveAfter``.
///
/// It keeps no time of its own: each call says what time it is. Times are milliseconds since 1970.
public struct AlertTracker: Sendable, Hashable, Codable {
    /// For how long a series has to be normal for its alert to be over, in milliseconds.
    public let resolveAfter: Int64
    /// After how long without a value an alert is over, in milliseconds.
    public let lostAfter: Int64

    private var alerts: [SpotSeries: Pair] = [:]
    /// What tells the ids of alerts apart whose series look the same.
    private let identity: UInt64

    /// The alerts of one series.
    private struct Pair: Sendable, Hashable {
        var up: Open?
        var down: Open?
    }

    /// An alert that goes on.
    struct Open: Sendable, Hashable, Codable {
        var alert: SpotAlert
        /// Since when the series has been normal.
        var normalSince: Int64?
        /// When the series brought a value last.
        var lastValue: Int64
    }

    /// Creates a tracker.
    ///
    /// - Parameters:
    ///   - resolveAfter: For how long a series has to be normal for its alert to be over, in milliseconds.
    ///   - lostAfter: After how long without a value an alert is over, in milliseconds.
    public init(resolveAfter: Int64 = 300_000, lostAfter: Int64 = 3_600_000) {
        self.init(resolveAfter: resolveAfter, lostAfter: lostAfter, identity: 0)
    }

    init(resolveAfter: Int64, lostAfter: Int64, identity: UInt64) {
        self.resolveAfter = max(0, resolveAfter)
        self.lostAfter = max(1, lostAfter)
        self.identity = identity
    }

    /// Whether no alert goes on.
    var isEmpty: Bool { alerts.isEmpty }

    /// A series that has an alert; nil if none has.
    var anySeries: SpotSeries? { alerts.keys.first }

    /// The alerts that go on, by start.
    public var open: [SpotAlert] {
        alerts.values.flatMap { [$0.up?.alert, $0.down?.alert].compactMap(\.self) }
            .sorted { ($0.start, $0.id) < ($1.start, $1.id) }
    }

    /// Takes what a detector said about a value, and returns what that changes.
    public mutating func observe(_ step: SpotStep, of series: SpotSeries, at time: Int64) -> [AlertChange] {
        if alerts.isEmpty, !step.isAlarm { return [] }
        if !step.isAlarm, alerts[series] == nil { return [] }
        // A value that is not there says neither that the series is normal nor that it is not.
        if step.status == .missing { return [] }
        var pair = alerts[series] ?? Pair()
        let side = step.isAlarm ? step.side : nil
        let changes =
            observe(&pair.up, side == .up ? step : nil, .up, series, time)
            + observe(&pair.down, side == .down ? step : nil, .down, series, time)
        alerts[series] = pair.up == nil && pair.down == nil ? nil : pair
        return changes
    }

    /// Says what time it is. Ends the alerts of series that have brought no value for ``lostAfter``.
    public mutating func advance(to time: Int64) -> [AlertChange] {
        var changes: [AlertChange] = []
        for (series, pair) in alerts {
            var pair = pair
            changes += lose(&pair.up, time) + lose(&pair.down, time)
            alerts[series] = pair.up == nil && pair.down == nil ? nil : pair
        }
        return changes.sorted { ($0.alert.start, $0.alert.id) < ($1.alert.start, $1.alert.id) }
    }

    /// Ends the alerts of a series that is no longer watched.
    public mutating func remove(_ series: SpotSeries) -> [AlertChange] {
        guard let pair = alerts.removeValue(forKey: series) else { return [] }
        return [pair.up, pair.down].compactMap(\.self).map { .resolved($0.ended(.lost, at: $0.alert.lastAlarm)) }
    }
}

extension AlertTracker {
    /// Brings the alert of one side up to date; `alarm` is nil if the value was not flagged on that side.
    private func observe(
        _ slot: inout Open?,
        _ alarm: SpotStep?,
        _ status: SpotAlert.Status,
        _ series: SpotSeries,
        _ time: Int64
    ) -> [AlertChange] {
        guard let alarm else {
            guard var open = slot else { return [] }
            open.lastValue = max(open.lastValue, time)
            let since = open.normalSince ?? time
            open.normalSince = since
            let isOver = Self.elapsed(from: since, to: time) >= resolveAfter
            slot = isOver ? nil : open
            return isOver ? [.resolved(open.ended(.normal, at: since))] : []
        }
        guard var open = slot else {
            let alert = SpotAlert(alarm, status, series, start: time, identity: identity)
            slot = Open(alert: alert, normalSince: nil, lastValue: time)
            return alarm.isRegimeChange ? [.opened(alert), .regimeChanged(alert)] : [.opened(alert)]
        }
        open.normalSince = nil
        open.lastValue = max(open.lastValue, time)
        open.alert.lastAlarm = max(open.alert.lastAlarm, time)
        open.alert.count &+= 1
        let isFurther = status == .up ? alarm.value > open.alert.extreme : alarm.value < open.alert.extreme
        if isFurther { open.alert.extreme = alarm.value }
        let isNews = alarm.isRegimeChange && !open.alert.isRegimeChange
        if isNews { open.alert.isRegimeChange = true }
        slot = open
        return isNews ? [.regimeChanged(open.alert)] : []
    }

    private func lose(_ slot: inout Open?, _ time: Int64) -> [AlertChange] {
        guard let open = slot, Self.elapsed(from: open.lastValue, to: time) >= lostAfter else { return [] }
        slot = nil
        return [.resolved(open.ended(.lost, at: open.alert.lastAlarm))]
    }

    /// Never below 0: clocks may be set back.
    private static func elapsed(from start: Int64, to end: Int64) -> Int64 {
        let (difference, overflow) = end.subtractingReportingOverflow(start)
        return overflow ? (end > start ? .max : 0) : max(0, difference)
    }
}

extension AlertTracker.Open {
    fileprivate func ended(_ ending: SpotAlert.Ending, at time: Int64) -> SpotAlert {
        var alert = alert
        alert.end = time
        alert.ending = ending
        return alert
    }
}

extension SpotAlert {
    fileprivate init(_ step: SpotStep, _ status: Status, _ series: SpotSeries, start: Int64, identity: UInt64) {
        let hash = String(series.fingerprint &+ identity &* 0x9E37_79B9_7F4A_7C15, radix: 16)
        id = "\(start)-\(status == .up ? "up" : "down")-\(String(repeating: "0", count: 16 - hash.count))\(hash)"
        self.status = status
        self.series = series
        value = step.value
        probability = step.probability ?? 0
        threshold = step.threshold
        drift = step.drift
        confidence = step.confidence
        extreme = step.value
        count = 1
        isRegimeChange = step.isRegimeChange
        self.start = start
        lastAlarm = start
    }
}

// MARK: - Storing

extension AlertTracker {
    private enum CodingKeys: String, CodingKey {
        case resolveAfter, lostAfter, open
    }

    /// Writes the settings and the alerts that go on.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(resolveAfter, forKey: .resolveAfter)
        try container.encode(lostAfter, forKey: .lostAfter)
        try container.encode(stored, forKey: .open)
    }

    /// Reads a tracker.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            resolveAfter: try container.decode(Int64.self, forKey: .resolveAfter),
            lostAfter: try container.decode(Int64.self, forKey: .lostAfter)
        )
        for open in try container.decode([Open].self, forKey: .open) { restore(open) }
    }

    /// The alerts that go on, with what is known of them, by id.
    var stored: [Open] {
        alerts.values.flatMap { [$0.up, $0.down].compactMap(\.self) }.sorted { $0.alert.id < $1.alert.id }
    }

    /// Takes over an alert that goes on.
    mutating func restore(_ open: Open) {
        if open.alert.status == .up {
            alerts[open.alert.series, default: Pair()].up = open
        } else {
            alerts[open.alert.series, default: Pair()].down = open
        }
    }
}
