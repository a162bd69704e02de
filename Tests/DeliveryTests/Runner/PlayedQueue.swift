import Delivery
import ExportingModules
import Synchronization
import TestSupport

/// A queue in memory that fails or hangs when a test says so.
final class PlayedQueue: RecordQueue {
    /// What goes wrong.
    struct Trouble: Sendable {
        var append: QueueError?
        var next: QueueError?
        var settle: QueueError?
        /// Appends wait for it.
        var gate: Gate?
    }

    private let queue: MemoryQueue
    private let state = Mutex((trouble: Trouble(), appends: 0, settles: 0, isClosed: false))

    init(_ folder: TemporaryFolder, settings: QueueSettings = QueueSettings()) {
        queue = MemoryQueue(
            deadLetters: folder.path + "/\(UInt64.random(in: .min ... .max)).jsonl",
            settings: settings,
            now: { 0 }
        )
    }

    /// How often something was appended.
    var appends: Int { state.withLock { $0.appends } }
    /// How often it was told what has become of something.
    var settles: Int { state.withLock { $0.settles } }
    var isClosed: Bool { state.withLock { $0.isClosed } }

    func set(_ change: @Sendable (inout Trouble) -> Void) {
        state.withLock { change(&$0.trouble) }
    }

    private var trouble: Trouble { state.withLock { $0.trouble } }

    func append(_ batches: [SampleBatch]) async throws(QueueError) -> AppendReport {
        state.withLock { $0.appends += 1 }
        await trouble.gate?.wait()
        if let error = trouble.append { throw error }
        return try await queue.append(batches)
    }

    func append(alerts: [(time: Int64, alert: Alert)]) async throws(QueueError) {
        state.withLock { $0.appends += 1 }
        await trouble.gate?.wait()
        if let error = trouble.append { throw error }
        try await queue.append(alerts: alerts)
    }

    func nextSamples(limit: Int) async throws(QueueError) -> QueuedSamples? {
        if let error = trouble.next { throw error }
        return try await queue.nextSamples(limit: limit)
    }

    func nextAlert() async throws(QueueError) -> QueuedAlert? {
        if let error = trouble.next { throw error }
        return try await queue.nextAlert()
    }

    func settle(_ samples: QueuedSamples, _ delivery: Delivery) async throws(QueueError) {
        state.withLock { $0.settles += 1 }
        if let error = trouble.settle { throw error }
        try await queue.settle(samples, delivery)
    }

    func settle(_ alert: QueuedAlert, _ outcome: DeliveryOutcome) async throws(QueueError) {
        state.withLock { $0.settles += 1 }
        if let error = trouble.settle { throw error }
        try await queue.settle(alert, outcome)
    }

    func expire(now: Int64) async throws(QueueError) -> Int { try await queue.expire(now: now) }

    func counts() -> QueueCounts { queue.counts() }

    func close() async {
        state.withLock { $0.isClosed = true }
        await queue.close()
    }
}
