import Delivery
import ExportingModules

/// What it costs to keep samples in a queue until they are delivered: taken in collections of 500, handed out 1000 at once.
func queueBenchmarks(_ folder: TemporaryDirectory) async throws {
    RecordReport.heading("Queues")
    let settings = QueueSettings(maximumBytes: 1 << 30)
    let disk = try DiskQueue(
        file: folder.path("queue.db"),
        deadLetters: folder.path("queue.rejected.jsonl"),
        settings: settings,
        now: { Stopwatch.wallTime }
    )
    try await measure("disk", disk) {
        let file = RecordReport.hundredths(Double(folder.size(of: "queue.db")) / Double($0.backlog))
        return "\(file) with all of its files, of which some megabytes are a log and a reserve"
    }
    await disk.close()

    let memory = MemoryQueue(
        deadLetters: folder.path("memory.rejected.jsonl"),
        settings: settings,
        now: { Stopwatch.wallTime }
    )
    try await measure("memory", memory) { _ in "which is an estimate" }
    await memory.close()
}

/// First all three steps in turn; then a backlog, of which a part is handed out.
///
/// - Parameters:
///   - title: What is measured.
///   - queue: The queue, empty.
///   - remark: What there is to say about the size of the backlog.
private func measure(
    _ title: String,
    _ queue: some RecordQueue,
    remark: (RecordCounts) -> String
) async throws {
    var fixtures = ModuleFixtures(now: Stopwatch.wallTime)
    var whole = Stopwatch()
    var count = 0
    while whole.elapsed < 2 {
        let collections = fixtures.collections(2)
        count += collections.reduce(0) { $0 + $1.samples.count }
        try await whole.measure {
            try await take(collections, queue)
            while try await handOut(queue) {}
        }
    }
    RecordReport.line("\(title), append, next and settle", whole, count: count, batch: 1000)

    var taking = Stopwatch()
    var taken = 0
    while taken < 400_000 {
        let collections = fixtures.collections(20)
        try await taking.measure { try await take(collections, queue) }
        taken += collections.reduce(0) { $0 + $1.samples.count }
    }
    RecordReport.line("\(title), append only, 20 at once", taking, count: taken, batch: 10_000)
    let counts = queue.counts().samples
    let each = RecordReport.hundredths(Double(counts.bytes) / Double(counts.backlog))
    print("\(title), bytes per sample of \(counts.backlog): \(each) counted, \(remark(counts))")

    var giving = Stopwatch()
    var given = 0
    while given < 200_000 {
        guard try await giving.measure({ try await handOut(queue) }) else { break }
        given += 1000
    }
    RecordReport.line("\(title), next and settle, of a backlog", giving, count: given, batch: 1000)
}

private func take(_ collections: [SampleBatch], _ queue: some RecordQueue) async throws {
    let report = try await queue.append(collections)
    guard report.takenCount == collections.count, report.dropped == 0 else {
        throw BenchError("the queue did not keep what it was given: \(report)")
    }
}

/// Whether there was something.
private func handOut(_ queue: some RecordQueue) async throws -> Bool {
    guard let samples = try await queue.nextSamples(limit: 1000) else { return false }
    try await queue.settle(samples, .accepted(count: samples.samples.count))
    return true
}

extension ModuleFixtures {
    /// The next collections, each with all series.
    fileprivate mutating func collections(_ count: Int) -> [SampleBatch] {
        (0..<count).map { _ in
            let samples = next(Self.seriesCount)
            return SampleBatch(time: samples.last?.timestamp ?? 0, samples: samples)
        }
    }
}
