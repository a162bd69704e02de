import ExportingModules
import Exposition

/// What a queue in memory holds.
struct MemoryState: Sendable {
    /// The samples of one collection, or a part of them.
    struct Chunk: Sendable {
        var time: Int64
        var samples: [Sample]
        /// About how much memory they take.
        var bytes: Int
    }

    var cursor = AckCursor()
    var counts = QueueCounts()
    var isClosed = false
    private var chunks = NumberedRows<Chunk>()
    private var alerts = NumberedRows<(time: Int64, alert: Alert)>()
    private var alertsHandedOut: Set<Int64> = []

    /// Cuts a collection into chunks.
    static func chunks(of batch: SampleBatch) -> [Chunk] {
        var chunks: [Chunk] = []
        var rest = batch.samples[...]
        while !rest.isEmpty {
            let samples = Array(rest.prefix(ChunkEncoder.maximumCount))
            rest = rest.dropFirst(samples.count)
            chunks.append(Chunk(time: batch.time, samples: samples, bytes: samples.reduce(0) { $0 + size(of: $1) }))
        }
        return chunks
    }

    /// About how much memory a sample takes: texts are mostly shared, so only those of the labels are counted.
    private static func size(of sample: Sample) -> Int {
        let labels = sample.labels.labels.reduce(0) { $0 + MemoryLayout.size(ofValue: $1) + $1.value.utf8.count }
        return MemoryLayout<Sample>.stride + 32 + labels
    }

    // MARK: - Samples

    mutating func handOut(limit: Int) -> QueuedSamples? {
        guard limit > 0 else { return nil }
        var available = cursor.available
        while available < limit, let (number, chunk) = chunks.first(after: cursor.frontier) {
            cursor.admit(chunk: number, settled: SettledBits(capacity: chunk.samples.count))
            available += chunk.samples.count
        }
        let positions = cursor.handOut(limit: limit)
        var samples: [Sample] = []
        var time = Int64.min
        for position in positions {
            guard let chunk = chunks[position.chunk] else { continue }
            samples += chunk.samples[position.range]
            time = max(time, chunk.time)
        }
        return samples.isEmpty ? nil : QueuedSamples(time: time, samples: samples, positions: positions)
    }

    mutating func settle(_ samples: QueuedSamples, _ delivery: Delivery) {
        let settlement = cursor.settle(samples.positions, delivery)
        for case .finished(let number) in settlement.changes {
            counts.samples.bytes -= chunks.remove(number)?.bytes ?? 0
        }
        counts.samples.delivered += settlement.delivered
        counts.samples.rejected += settlement.rejected.count
        counts.samples.backlog -= settlement.delivered + settlement.rejected.count
        counts.samples.oldest = chunks.first?.value.time
    }

    mutating func expire(before time: Int64) -> Int {
        let old = chunks.numbers { $0.time < time }.filter { !cursor.isHandedOut(chunk: $0) }
        let dropped = old.reduce(0) { $0 + drop($1) }
        counts.samples.dropped.expired += dropped
        return dropped
    }

    /// Removes a chunk; returns how many of its samples were not settled. The caller counts those.
    private mutating func drop(_ number: Int64) -> Int {
        guard let chunk = chunks.remove(number) else { return 0 }
        let left = chunk.samples.count - cursor.settledCount(chunk: number)
        cursor.forget(chunk: number)
        counts.samples.backlog -= left
        counts.samples.bytes -= chunk.bytes
        counts.samples.oldest = chunks.first?.value.time
        return left
    }

    // MARK: - Alerts

    /// How many alerts are kept. No queue on a disk has such a bound, but memory ends.
    static let alertLimit = 100_000

    mutating func append(_ news: [(time: Int64, alert: Alert)]) {
        for item in news {
            counts.alerts.added += 1
            guard counts.alerts.backlog < Self.alertLimit else {
                counts.alerts.dropped.overflow += 1
                continue
            }
            alerts.append(item)
            counts.alerts.backlog += 1
            counts.alerts.bytes += Self.size(of: item.alert)
        }
        counts.alerts.oldest = alerts.first?.value.time
    }

    mutating func handOutAlert() -> QueuedAlert? {
        var number: Int64 = 0
        while let next = alerts.first(after: number) {
            number = next.number
            if alertsHandedOut.insert(number).inserted {
                return QueuedAlert(id: number, time: next.value.time, alert: next.value.alert)
            }
        }
        return nil
    }

    mutating func settle(_ queued: QueuedAlert, _ outcome: DeliveryOutcome) {
        guard alertsHandedOut.remove(queued.id) != nil else { return }
        switch outcome {
        case .retry, .tooLarge: return
        case .accepted: counts.alerts.delivered += 1
        case .rejected: counts.alerts.rejected += 1
        }
        if let item = alerts.remove(queued.id) { counts.alerts.bytes -= Self.size(of: item.alert) }
        counts.alerts.backlog -= 1
        counts.alerts.oldest = alerts.first?.value.time
    }

    private static func size(of alert: Alert) -> Int {
        MemoryLayout<Alert>.stride + 32 + alert.labels.count * MemoryLayout<Int>.size * 4
    }
}

extension MemoryState: ChunkStorage {
    var sampleBytes: Int { counts.samples.bytes }

    func size(of chunk: Chunk) -> Int { chunk.bytes }

    func count(of chunk: Chunk) -> Int { chunk.samples.count }

    mutating func insert(_ chunk: Chunk) {
        chunks.append(chunk)
        counts.samples.added += chunk.samples.count
        counts.samples.backlog += chunk.samples.count
        counts.samples.bytes += chunk.bytes
        counts.samples.oldest = chunks.first?.value.time
    }

    mutating func dropOldest() -> Int? {
        var number: Int64 = 0
        while let next = chunks.first(after: number) {
            number = next.number
            if cursor.isHandedOut(chunk: number) { continue }
            let dropped = drop(number)
            counts.samples.dropped.overflow += dropped
            return dropped
        }
        return nil
    }

    mutating func refuse(_ count: Int) {
        counts.samples.added += count
        counts.samples.dropped.overflow += count
    }
}
