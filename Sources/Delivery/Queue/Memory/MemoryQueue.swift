import Dispatch
public import ExportingModules
import Synchronization

/// A queue in memory, for a module that does not cross the network: bounded by bytes, and gone with the process.
///
/// It counts about what the samples take in memory. Rejected records go to the dead letters as with ``DiskQueue``.
public final class MemoryQueue: RecordQueue {
    private let settings: QueueSettings
    private let deadLetters: DeadLetterFile
    private let now: @Sendable () -> Int64
    private let onEvent: @Sendable (QueueEvent) -> Void
    /// Where the dead letters are written, which may block.
    private let thread: DispatchQueue
    private let state = Mutex(MemoryState())

    /// Creates an empty queue.
    ///
    /// - Parameters:
    ///   - deadLetters: The path for rejected records, such as `<name>.rejected.jsonl`. It is made when it is needed.
    ///   - settings: What bounds it.
    ///   - now: The time in milliseconds since 1970, for dead letters.
    ///   - onEvent: Is told what should be logged. It must be quick and not call the queue.
    public init(
        deadLetters: String,
        settings: QueueSettings = QueueSettings(maximumBytes: 64 << 20),
        now: @escaping @Sendable () -> Int64,
        onEvent: @escaping @Sendable (QueueEvent) -> Void = { _ in }
    ) {
        self.settings = settings
        self.deadLetters = DeadLetterFile(path: deadLetters)
        self.now = now
        self.onEvent = onEvent
        thread = DispatchQueue(label: "queue \(deadLetters)")
    }

    /// Takes collections.
    public func append(_ batches: [SampleBatch]) async throws(QueueError) -> AppendReport {
        let settings = settings
        return try change { state throws(QueueError) in
            do {
                return try state.admit(batches.map { MemoryState.chunks(of: $0) }, settings)
            } catch {
                throw QueueError(.disk, "\(error)", cause: error)
            }
        }
    }

    /// Takes news of alerts.
    public func append(alerts: [(time: Int64, alert: Alert)]) async throws(QueueError) {
        try change { state throws(QueueError) in state.append(alerts) }
    }

    /// Hands out the oldest samples that are neither settled nor handed out.
    public func nextSamples(limit: Int) async throws(QueueError) -> QueuedSamples? {
        try change { state throws(QueueError) in state.handOut(limit: limit) }
    }

    /// Hands out the oldest news of an alert that is neither settled nor handed out.
    public func nextAlert() async throws(QueueError) -> QueuedAlert? {
        try change { state throws(QueueError) in state.handOutAlert() }
    }

    /// Says what has become of samples that were handed out.
    public func settle(_ samples: QueuedSamples, _ delivery: Delivery) async throws(QueueError) {
        let time = now()
        var lines: [UInt8] = []
        if delivery.rejectedCount > 0 {
            for (index, sample) in samples.samples.enumerated() where index < delivery.count {
                guard case .rejected(let reason) = delivery[index] else { continue }
                lines += DeadLetter.line(sample, time: time, reason: reason)
            }
        }
        let discarded = try await write(lines)
        try change { state throws(QueueError) in
            state.settle(samples, delivery)
            state.counts.discardedDeadLetters += discarded
        }
    }

    /// Says what has become of news of an alert that was handed out.
    public func settle(_ alert: QueuedAlert, _ outcome: DeliveryOutcome) async throws(QueueError) {
        var discarded = 0
        if case .rejected(let reason) = outcome {
            discarded = try await write(DeadLetter.line(alert, time: now(), reason: reason))
        }
        try change { state throws(QueueError) in
            state.settle(alert, outcome)
            state.counts.discardedDeadLetters += discarded
        }
    }

    /// Drops the samples of collections that are older than ``QueueSettings/maximumAge`` and not handed out.
    public func expire(now: Int64) async throws(QueueError) -> Int {
        guard let age = settings.maximumAge else { return 0 }
        let time = now.subtracting(age)
        return try change { state throws(QueueError) in state.expire(before: time) }
    }

    /// What has become of everything.
    public func counts() -> QueueCounts { state.withLock { $0.counts } }

    /// Lets go of everything: what was not settled is gone.
    public func close() async {
        state.withLock { $0.isClosed = true }
    }

    private func change<Value: Sendable>(
        _ body: (inout MemoryState) throws(QueueError) -> Value
    ) throws(QueueError) -> Value {
        let result = state.withLock { state -> Result<Value, QueueError> in
            guard !state.isClosed else { return .failure(QueueError(.closed, "the queue is closed")) }
            do throws(QueueError) { return .success(try body(&state)) } catch { return .failure(error) }
        }
        return try result.get()
    }

    /// Writes to the dead letters; returns how many older ones were given up for it.
    private func write(_ lines: [UInt8]) async throws(QueueError) -> Int {
        guard !lines.isEmpty else { return 0 }
        let deadLetters = deadLetters
        let result: Result<DeadLetterFile.Appended, QueueError> = await withCheckedContinuation { continuation in
            thread.async {
                continuation.resume(returning: Result { () throws(QueueError) in try deadLetters.append(lines) })
            }
        }
        let discarded = try result.get().discarded
        if discarded > 0 { onEvent(.discardedDeadLetters(count: discarded)) }
        return discarded
    }
}
