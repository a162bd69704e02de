import Dispatch
public import ExportingModules
import Synchronization

/// A queue in a SQLite file, for a module that crosses the network: what it has taken survives `kill -9` and a loss of
/// power.
///
/// - A call that changes something returns when that is on the disk. Calls that wait at the same time share one
///   transaction, and so one wait for the disk.
/// - The counters change in the same transactions as the records, so the sums are exact at any time.
/// - Samples are kept in chunks of up to 2000, with a checksum. A chunk that was changed by something else is cut out and
///   counted; a database that SQLite calls malformed is put aside, and a new one is begun.
/// - When the disk is full, nothing is taken (``QueueError/Code/full``), but what is there can be delivered and settled:
///   for that some space is reserved in `<file>.reserve`. When there is space again it goes on by itself.
/// - Rejected records are appended to the dead letters, one line of JSON each, before they are gone from the queue. That file
///   is replaced at 16 MiB and kept once, as `<name>.1`. A record may be there twice after `kill -9`.
/// - The file and those beside it (`-wal`, `.reserve`, the dead letters) are readable for their owner only. While it is
///   open nobody else can open it.
///
/// The work is done on a thread of its own, away from the concurrency pool.
public final class DiskQueue: RecordQueue {
    private struct Pending {
        var requests: [QueueRequest] = []
        var isScheduled = false
        var isClosed = false
    }

    private let file: String
    private let settings: QueueSettings
    private let tuning: QueueTuning
    private let thread: DispatchQueue
    /// Only locked on the thread.
    private let core: Mutex<QueueCore>
    private let pending = Mutex(Pending())
    private let published: Mutex<QueueCounts>

    /// Opens or makes a queue. It blocks while the disk is asked; ``open(file:deadLetters:settings:now:onEvent:)`` does not.
    ///
    /// - Parameters:
    ///   - file: The path of the database, named after the user's name for the module. Its folder has to exist.
    ///   - deadLetters: The path for rejected records, such as `<name>.rejected.jsonl`.
    ///   - settings: What bounds it.
    ///   - now: The time in milliseconds since 1970, for dead letters and the names of damaged files.
    ///   - onEvent: Is told what should be logged, on the queue's thread. It must be quick and not call the queue.
    /// - Throws: ``QueueError``. A damaged database is no reason; it is replaced.
    public convenience init(
        file: String,
        deadLetters: String,
        settings: QueueSettings = QueueSettings(),
        now: @escaping @Sendable () -> Int64,
        onEvent: @escaping @Sendable (QueueEvent) -> Void = { _ in }
    ) throws(QueueError) {
        try self.init(
            file: file,
            deadLetters: deadLetters,
            settings: settings,
            tuning: QueueTuning(settings),
            now: now,
            onEvent: onEvent
        )
    }

    init(
        file: String,
        deadLetters: String,
        settings: QueueSettings,
        tuning: QueueTuning,
        now: @escaping @Sendable () -> Int64,
        onEvent: @escaping @Sendable (QueueEvent) -> Void
    ) throws(QueueError) {
        self.file = file
        self.settings = settings
        self.tuning = tuning
        thread = DispatchQueue(label: "queue \(file)")
        let core = try QueueCore(
            QueueCore.Options(
                file: file,
                deadLetters: DeadLetterFile(path: deadLetters, maximumBytes: tuning.deadLetterBytes),
                reserve: ReserveFile(path: file + ".reserve", size: tuning.reserveBytes),
                tuning: tuning,
                now: now,
                onEvent: onEvent
            )
        )
        published = Mutex(core.state.counts)
        self.core = Mutex(core)
    }

    /// Opens or makes a queue as the initializer does, away from the concurrency pool.
    ///
    /// - Throws: ``QueueError``. A damaged database is no reason; it is replaced.
    public static func open(
        file: String,
        deadLetters: String,
        settings: QueueSettings = QueueSettings(),
        now: @escaping @Sendable () -> Int64,
        onEvent: @escaping @Sendable (QueueEvent) -> Void = { _ in }
    ) async throws(QueueError) -> DiskQueue {
        let result: Result<DiskQueue, QueueError> = await withCheckedContinuation { continuation in
            DispatchQueue.global().async {
                let result = Result { () throws(QueueError) in
                    try DiskQueue(file: file, deadLetters: deadLetters, settings: settings, now: now, onEvent: onEvent)
                }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    /// How many transactions there were.
    var transactions: Int {
        get async {
            await withCheckedContinuation { continuation in
                thread.async { [self] in continuation.resume(returning: core.withLock { $0.transactions }) }
            }
        }
    }

    /// Takes collections. On return they are on the disk.
    public func append(_ batches: [SampleBatch]) async throws(QueueError) -> AppendReport {
        let collections = batches.map { ChunkEncoder.chunks(of: $0) }
        let bytes = collections.reduce(0) { $0 + $1.reduce(0) { $0 + $1.bytes.count } }
        let settings = settings
        return try await perform(isAppend: true, bytes: bytes) { transaction in
            try transaction.admit(collections, settings)
        }
    }

    /// Takes news of alerts. On return they are on the disk.
    public func append(alerts: [(time: Int64, alert: Alert)]) async throws(QueueError) {
        try await perform(bytes: alerts.count * 256) { try $0.append(alerts) }
    }

    /// Hands out the oldest samples that are neither settled nor handed out.
    public func nextSamples(limit: Int) async throws(QueueError) -> QueuedSamples? {
        try await perform { try $0.handOut(limit: limit) }
    }

    /// Hands out the oldest news of an alert that is neither settled nor handed out.
    public func nextAlert() async throws(QueueError) -> QueuedAlert? {
        try await perform { try $0.handOutAlert() }
    }

    /// Says what has become of samples. On return that is on the disk.
    public func settle(_ samples: QueuedSamples, _ delivery: Delivery) async throws(QueueError) {
        try await perform { try $0.settle(samples, delivery) }
    }

    /// Says what has become of news of an alert. On return that is on the disk.
    public func settle(_ alert: QueuedAlert, _ outcome: DeliveryOutcome) async throws(QueueError) {
        try await perform { try $0.settle(alert, outcome) }
    }

    /// Drops the samples of collections that are older than ``QueueSettings/maximumAge`` and not handed out.
    public func expire(now: Int64) async throws(QueueError) -> Int {
        guard let age = settings.maximumAge else { return 0 }
        let limit = 256
        let time = now.subtracting(age)
        var dropped = 0
        while true {
            let (chunks, samples) = try await perform { try $0.expire(before: time, limit: limit) }
            dropped += samples
            if chunks < limit { return dropped }
        }
    }

    /// What has become of everything.
    public func counts() -> QueueCounts { published.withLock { $0 } }

    /// Finishes the calls that wait, and closes the file.
    public func close() async {
        pending.withLock { $0.isClosed = true }
        await withCheckedContinuation { continuation in
            thread.async { [self] in
                while work() {}
                core.withLock { $0.close() }
                continuation.resume()
            }
        }
    }

    // MARK: - Work

    /// Does something in a transaction that it may share with others.
    private func perform<Value: Sendable>(
        isAppend: Bool = false,
        bytes: Int = 0,
        _ body: @escaping @Sendable (inout QueueTransaction) throws -> Value
    ) async throws(QueueError) -> Value {
        let result: Result<Value, QueueError> = await withCheckedContinuation { continuation in
            let request = QueueRequest(
                isAppend: isAppend,
                bytes: bytes,
                perform: { transaction in
                    let value = try body(&transaction)
                    return { continuation.resume(returning: .success(value)) }
                },
                fail: { continuation.resume(returning: .failure($0)) }
            )
            let (isClosed, isFirst) = pending.withLock { pending in
                guard !pending.isClosed else { return (true, false) }
                pending.requests.append(request)
                defer { pending.isScheduled = true }
                return (false, !pending.isScheduled)
            }
            if isClosed { request.fail(QueueError(.closed, "\(file): the queue is closed")) }
            if isFirst { schedule() }
        }
        return try result.get()
    }

    private func schedule() {
        thread.async { [self] in
            if work() { schedule() } else { shrink() }
        }
    }

    /// Makes the file smaller, step by step, so that nobody waits for it long.
    private func shrink() {
        let isIdle = pending.withLock { !$0.isScheduled && !$0.isClosed }
        if isIdle, core.withLock({ $0.shrink() }) { thread.async { [self] in shrink() } }
    }

    /// Does what waits, as much as shares a transaction. False if there was nothing more.
    private func work() -> Bool {
        let requests = take()
        guard !requests.isEmpty else { return false }
        let (completions, counts) = core.withLock { core in
            let completions = core.run(requests)
            return (completions, core.state.counts)
        }
        published.withLock { $0 = counts }
        for completion in completions { completion() }
        return true
    }

    private func take() -> [QueueRequest] {
        pending.withLock { pending in
            var bytes = 0
            var count = 0
            for request in pending.requests.prefix(tuning.groupCount) {
                bytes += request.bytes
                if count > 0, bytes > tuning.groupBytes { break }
                count += 1
            }
            let requests = Array(pending.requests.prefix(count))
            pending.requests.removeFirst(count)
            if requests.isEmpty { pending.isScheduled = false }
            return requests
        }
    }
}

extension Int64 {
    /// A time before this one, both in milliseconds.
    func subtracting(_ age: Duration) -> Int64 {
        let (seconds, attoseconds) = age.components
        let (milliseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000)
        let whole = overflow ? Int64.max : milliseconds
        let (age, tooLarge) = whole.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        let (time, tooSmall) = subtractingReportingOverflow(tooLarge ? Int64.max : age)
        return tooSmall ? Int64.min : time
    }
}
