import Exposition

/// The alerts that are told to Alertmanager again and again: those that go on, so that they do not resolve by themselves,
/// and for a while those that are over, in case an Alertmanager missed it.
struct AlertBook {
    private struct Entry {
        var alert: AlertmanagerAlert
        /// The number of the last news, which tells the oldest entry.
        var number: UInt64
        /// Until when it is told, in milliseconds since 1970; nil for as long as it goes on.
        var until: Int64?
    }

    /// How long the end of an alert is told, in milliseconds: as long as Prometheus does (`resolvedRetention` in
    /// prometheus/rules/alerting.go).
    static let resolvedTime: Int64 = 15 * 60 * 1000
    /// How many alerts are remembered, at most.
    static let limit = 10_000

    private let limit: Int
    private var entries: [LabelSet: Entry] = [:]
    /// The number of the last news.
    private(set) var lastNumber: UInt64 = 0

    /// Creates an empty book.
    init(limit: Int = AlertBook.limit) {
        self.limit = limit
    }

    /// How many alerts are remembered.
    var count: Int { entries.count }

    /// Notes news. If there is no room, what is over gives way first, and then what was noted the longest time ago.
    mutating func note(_ alert: AlertmanagerAlert, at time: Int64) {
        if entries[alert.labels] == nil, entries.count >= limit { makeRoom() }
        lastNumber += 1
        let until = alert.end == nil ? nil : time.addingReportingOverflow(Self.resolvedTime).partialValue
        entries[alert.labels] = Entry(alert: alert, number: lastNumber, until: until)
    }

    /// Forgets an alert that Alertmanager does not take.
    mutating func forget(_ alert: AlertmanagerAlert) {
        entries[alert.labels] = nil
    }

    /// What is to be told now, the oldest news first. What was told long enough is forgotten.
    ///
    /// - Parameters:
    ///   - number: Only news that were noted after the ones of this number; 0 for all.
    ///   - end: Only news that were noted up to those of this number.
    ///   - count: How many, at most.
    /// - Returns: The alerts, and the number of the last one's news; nil if there are none.
    mutating func due(
        after number: UInt64 = 0,
        through end: UInt64 = .max,
        at time: Int64,
        count: Int = AlertBook.limit
    ) -> (alerts: [AlertmanagerAlert], last: UInt64)? {
        entries = entries.filter { $0.value.until.map { $0 > time } ?? true }
        let due = entries.values.filter { $0.number > number && $0.number <= end }.sorted { $0.number < $1.number }
            .prefix(count)
        return due.last.map { (due.map(\.alert), $0.number) }
    }

    private mutating func makeRoom() {
        let oldest = entries.min { left, right in
            (left.value.until == nil ? 1 : 0, left.value.number) < (
                right.value.until == nil ? 1 : 0, right.value.number
            )
        }
        if let oldest { entries[oldest.key] = nil }
    }
}
