import ExporterKit
import ExportingModules
import Exposition
import Synchronization

/// Knows which series there are, so that modules can be told which have ended.
///
/// A series has ended when a whole collection no longer has it, when there was no good collection of it for as long as
/// pages show the last one, and when its exporter is gone. The number of series that are known is bounded; of those
/// beyond the bound nothing is told when they end.
final class SeriesTracker: Sendable {
    /// The series of one collector that have ended.
    struct Ended: Sendable {
        var key: String
        var service: String
        var labels: LabelSet
        var samples: [Sample]
    }

    private struct Name: Hashable {
        var key: String
        var collector: String
    }

    /// One collector. It has a lock of its own, so that thousands of collections do not wait for each other.
    private final class Collector: Sendable {
        let state: Mutex<CollectorSeries>

        init(_ series: CollectorSeries) {
            state = Mutex(series)
        }
    }

    private struct State {
        var collectors: [Name: Collector] = [:]
        var count = 0
        var untracked = 0
    }

    private let limit: Int
    private let state = Mutex(State())

    /// - Parameter limit: How many series are known at most.
    init(limit: Int) {
        self.limit = max(0, limit)
    }

    /// How many series are known.
    var count: Int { state.withLock { $0.count } }

    /// How many times a series was not taken note of for want of space.
    var untracked: Int { state.withLock { $0.untracked } }

    /// Takes note of a collection. Returns the marks of the series that have ended with it.
    func collected(_ collection: CollectedSamples, now: Duration) -> [Sample] {
        let name = Name(key: collection.id.key, collector: collection.collector)
        let (collector, room) = state.withLock { state in
            let collector = state.collectors[name] ?? Collector(CollectorSeries())
            state.collectors[name] = collector
            return (collector, limit - min(state.count, limit))
        }
        let (ended, growth, left) = collector.state.withLock { series in
            let before = series.count
            let (ended, left) = series.collected(collection, now: now, room: room + before)
            return (ended, series.count - before, left)
        }
        state.withLock { state in
            state.count += growth
            state.untracked += left
        }
        return CollectorSeries.marks(of: ended, time: collection.time)
    }

    /// The marks of the series that have not been collected for too long.
    func expire(now: Duration, time: Int64) -> [Ended] {
        let collectors = state.withLock { $0.collectors }
        return collectors.compactMap { name, collector in
            let (ended, series) = collector.state.withLock { ($0.expire(now: now), $0) }
            state.withLock { state in
                state.count -= ended.count
                // Of a collector that its exporter no longer has.
                if series.isOver(now: now), state.collectors[name] === collector { state.collectors[name] = nil }
            }
            return ended.isEmpty ? nil : Self.ended(name.key, series, ended, time)
        }
    }

    /// Forgets an exporter. Returns the marks of its series; none if a later exporter has its key.
    func remove(_ id: ExporterID, time: Int64) -> [Ended] {
        let collectors = state.withLock { $0.collectors.filter { $0.key.key == id.key } }
        return collectors.compactMap { name, collector in
            let removed = collector.state.withLock { series -> (CollectorSeries, [Sample])? in
                guard series.generation <= id.generation else { return nil }
                return (series, series.removeAll())
            }
            guard let (series, ended) = removed else { return nil }
            state.withLock { state in
                if state.collectors[name] === collector { state.collectors[name] = nil }
                state.count -= ended.count
            }
            return ended.isEmpty ? nil : Self.ended(name.key, series, ended, time)
        }
    }

    private static func ended(_ key: String, _ series: CollectorSeries, _ ended: [Sample], _ time: Int64) -> Ended {
        Ended(
            key: key,
            service: series.service,
            labels: series.labels,
            samples: CollectorSeries.marks(of: ended, time: time)
        )
    }
}

/// The series of one collector, each as the last sample that it had.
struct CollectorSeries: Sendable {
    private struct Identity: Hashable {
        var name: String
        var labels: LabelSet

        init(_ sample: Sample) {
            name = sample.name
            labels = sample.labels
        }
    }

    /// The name of the service, as it was last.
    private(set) var service = ""
    /// The labels of the service, as they were last.
    private(set) var labels: LabelSet = [:]
    /// Of the exporter that was collected from last.
    private(set) var generation: UInt64 = 0
    /// What the last good collection had.
    private var current: [Sample] = []
    private var lastGood: Duration = .zero
    private var staleAfter: Duration?
    /// What was missing in it because parts of it had failed, and when it was there last.
    private var missing: [(sample: Sample, seen: Duration)] = []
    /// Whether its exporter is gone; a collection that comes late says nothing then.
    private var isRemoved = false

    /// How many series are known.
    var count: Int { current.count + missing.count }

    /// Takes note of a collection. Returns the series that have ended with it, and how many were left out.
    ///
    /// - Parameter room: How many series may be known.
    mutating func collected(
        _ collection: CollectedSamples,
        now: Duration,
        room: Int
    ) -> (ended: [Sample], left: Int) {
        // While an exporter is replaced, the old one may still collect: what it has says nothing.
        guard !isRemoved, collection.id.generation >= generation else { return ([], 0) }
        (generation, service, labels) = (collection.id.generation, collection.service, collection.labels)
        staleAfter = collection.staleAfter
        if collection.completeness == .failed { return (expire(now: now), 0) }
        var ended: [Sample] = []
        if !isCurrent(collection.samples) || !missing.isEmpty {
            let present = Set(collection.samples.map(Identity.init))
            let gone = current.filter { !present.contains(Identity($0)) }
            missing.removeAll { present.contains(Identity($0.sample)) }
            if collection.completeness == .whole {
                ended = gone + missing.map(\.sample)
                missing = []
            } else {
                missing += gone.map { ($0, lastGood) }
            }
        }
        let fitting = max(0, room - missing.count)
        let left = max(0, collection.samples.count - fitting)
        current = left > 0 ? Array(collection.samples.prefix(fitting)) : collection.samples
        lastGood = now
        return (ended + expire(now: now), left)
    }

    /// Forgets the series that were not collected for too long, and returns them.
    mutating func expire(now: Duration) -> [Sample] {
        guard let staleAfter else { return [] }
        var ended: [Sample] = []
        if now - lastGood >= staleAfter {
            ended = current
            current = []
        }
        if !missing.isEmpty {
            ended += missing.filter { now - $0.seen >= staleAfter }.map(\.sample)
            missing.removeAll { now - $0.seen >= staleAfter }
        }
        return ended
    }

    /// Whether nothing is known any more and nothing was collected for long.
    func isOver(now: Duration) -> Bool {
        count == 0 && staleAfter.map { now - lastGood >= $0 } == true
    }

    /// Forgets all series and returns them.
    mutating func removeAll() -> [Sample] {
        defer { (current, missing, isRemoved) = ([], [], true) }
        return current + missing.map(\.sample)
    }

    /// The samples that say that series have ended, at this time or right after their last sample.
    static func marks(of samples: [Sample], time: Int64) -> [Sample] {
        samples.map { sample in
            var mark = sample
            mark.value = Double(bitPattern: Sample.staleBits)
            mark.timestamp = max(time, sample.timestamp < .max ? sample.timestamp + 1 : .max)
            return mark
        }
    }

    /// Whether these are the series of the last collection, in the same order: the usual case.
    private func isCurrent(_ samples: [Sample]) -> Bool {
        samples.count == current.count
            && zip(samples, current).allSatisfy { $0.name == $1.name && $0.labels == $1.labels }
    }
}
