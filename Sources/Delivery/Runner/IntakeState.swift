import ExportingModules

/// What has come for a module and is not in its queue yet, in the order in which it came: a state machine.
///
/// Everything gets a number, and whoever waits for something waits until nothing up to that number is left. What is being
/// appended stays here until the queue has taken it.
struct IntakeState {
    struct Samples {
        let number: UInt64
        let batch: SampleBatch
        /// Whether nobody wants it any more.
        var isCancelled = false
    }

    struct News {
        let number: UInt64
        let time: Int64
        let alert: Alert
    }

    /// How many alerts may wait at most. They are never dropped for want of space on disk; this bounds the memory.
    static let alertLimit = 100_000
    /// How many samples are appended at once, if one collection alone is not more.
    static let appendLimit = 50_000

    private let limit: Int
    private(set) var samples: [Samples] = []
    private(set) var alerts: [News] = []
    private(set) var sampleCount = 0
    private(set) var refusedSamples = RefusedCounts()
    private(set) var refusedAlerts = RefusedCounts()
    private(set) var isClosed = false
    /// The first of the alerts that were given up at the end.
    private var firstAbandonedAlert: UInt64?
    private var last: UInt64 = 0
    /// How many of `samples` and `alerts` are being appended.
    private var samplesOut = 0
    private var alertsOut = 0

    init(limit: Int) {
        self.limit = max(1, limit)
    }

    var isEmpty: Bool { samples.isEmpty && alerts.isEmpty }

    /// Takes a collection. Returns its number; nil if it was refused.
    ///
    /// - Parameter isUnbounded: Whether it is taken however much there is, because the one who brings it waits for it.
    mutating func add(_ batch: SampleBatch, isUnbounded: Bool) -> UInt64? {
        if batch.samples.isEmpty { return nil }
        if isClosed {
            refusedSamples.stopped += batch.samples.count
            return nil
        }
        // A collection that is larger than the bound must have its chance too.
        guard isUnbounded || samples.isEmpty || batch.samples.count <= limit - min(sampleCount, limit) else {
            refusedSamples.overflow += batch.samples.count
            return nil
        }
        last += 1
        sampleCount += batch.samples.count
        samples.append(Samples(number: last, batch: batch))
        return last
    }

    /// Takes news of alerts. Returns the number of the last; nil if not all were taken.
    @discardableResult
    mutating func add(_ news: [(time: Int64, alert: Alert)]) -> UInt64? {
        var areTaken = true
        for (time, alert) in news {
            if isClosed {
                refusedAlerts.stopped += 1
                areTaken = false
            } else if alerts.count >= Self.alertLimit {
                refusedAlerts.overflow += 1
                areTaken = false
            } else {
                last += 1
                alerts.append(News(number: last, time: time, alert: alert))
            }
        }
        return areTaken ? last : nil
    }

    /// Gives up a collection, unless it is in the queue already.
    mutating func cancel(_ number: UInt64) {
        guard let index = samples.firstIndex(where: { $0.number == number }) else { return }
        if index < samplesOut {
            samples[index].isCancelled = true
        } else {
            remove(index)
        }
    }

    /// The number of what came last.
    var lastNumber: UInt64 { last }

    /// Whether nothing up to a number is left.
    func isDone(_ number: UInt64) -> Bool {
        (samples.first?.number ?? .max) > number && (alerts.first?.number ?? .max) > number
    }

    /// Whether no alert up to a number is left.
    func areAlertsDone(_ number: UInt64) -> Bool {
        (alerts.first?.number ?? .max) > number
    }

    /// Whether all alerts up to a number came into the queue; to be asked when none is left.
    func areAlertsKept(_ number: UInt64) -> Bool {
        number < firstAbandonedAlert ?? .max
    }

    // MARK: - Appending

    /// The alerts to append; the answer is ``appendedAlerts(_:)``.
    mutating func takeAlerts() -> [(time: Int64, alert: Alert)] {
        alertsOut = alerts.count
        return alerts.map { ($0.time, $0.alert) }
    }

    /// What became of the alerts that were taken.
    mutating func appendedAlerts(_ isTaken: Bool) {
        if isTaken { alerts.removeFirst(alertsOut) }
        alertsOut = 0
    }

    /// The collections to append; the answer is ``appendedSamples(_:)``.
    mutating func takeSamples() -> [SampleBatch] {
        var count = 0
        samplesOut = 0
        for item in samples {
            if samplesOut > 0, count + item.batch.samples.count > Self.appendLimit { break }
            count += item.batch.samples.count
            samplesOut += 1
        }
        return samples[..<samplesOut].map(\.batch)
    }

    /// How many of the collections are in the queue, from the first on.
    mutating func appendedSamples(_ count: Int) {
        let taken = max(0, min(count, samplesOut))
        sampleCount -= samples[..<taken].reduce(0) { $0 + $1.batch.samples.count }
        samples.removeFirst(taken)
        samplesOut = 0
        while let index = samples.firstIndex(where: \.isCancelled) { remove(index) }
    }

    // MARK: - The end

    /// Takes nothing any more.
    mutating func close() {
        isClosed = true
    }

    /// Gives up all that is left.
    mutating func abandon() {
        isClosed = true
        firstAbandonedAlert = firstAbandonedAlert ?? alerts.first?.number
        refusedSamples.stopped += sampleCount
        refusedAlerts.stopped += alerts.count
        (samples, alerts, sampleCount, samplesOut, alertsOut) = ([], [], 0, 0, 0)
    }

    private mutating func remove(_ index: Int) {
        let count = samples.remove(at: index).batch.samples.count
        sampleCount -= count
        refusedSamples.stopped += count
    }
}
