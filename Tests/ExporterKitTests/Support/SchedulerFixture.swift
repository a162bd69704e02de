import Exposition
import Synchronization
import TestSupport

@testable import ExporterKit

/// A scheduler on a clock that a test moves, with all that it has announced.
final class SchedulerFixture: Sendable {
    let clock: ManualClock
    private let counting: CountingClock
    let time: TimeSource
    let store: SnapshotStore
    let metrics = SelfMetrics()
    let scheduler: CollectionScheduler
    let log: Log

    /// What ended, in order.
    final class Log: Sendable {
        private let state = Mutex([CollectedBatch]())
        var batches: [CollectedBatch] { state.withLock { $0 } }
        func add(_ batch: CollectedBatch) { state.withLock { $0.append(batch) } }
        func count(_ key: String) -> Int { batches.count { $0.id.key == key } }
        func times(_ key: String) -> [Duration] { batches.filter { $0.id.key == key }.map(\.time) }
    }

    init(
        origin: Duration = .seconds(1_000_000),
        concurrency: Int = 512,
        grace: Duration = .seconds(5),
        seed: UInt64 = 0,
        hook: @escaping @Sendable (CollectedBatch) async -> Void = { _ in }
    ) {
        let clock = ManualClock()
        self.clock = clock
        counting = CountingClock(clock)
        let log = Log()
        self.log = log
        time = TimeSource(clock: counting) { origin + clock.now.offset }
        store = SnapshotStore(time: time)
        scheduler = CollectionScheduler(
            store: store,
            configuration: .init(concurrency: concurrency, seed: seed, grace: grace),
            metrics: metrics,
            onCollection: { batch in
                log.add(batch)
                await hook(batch)
            }
        )
    }

    /// Runs the scheduler while `body` runs, then ends it. If `body` throws it is not waited for: nobody may be left who
    /// would move the clock, or open what collectors wait at.
    func run(_ body: () async throws -> Void) async throws {
        let running = Task { await scheduler.run() }
        defer { running.cancel() }
        try await body()
        running.cancel()
        await running.value
    }

    /// Adds and shows an exporter of one collector.
    @discardableResult
    func start(
        _ key: String,
        generation: UInt64 = 0,
        labels: LabelSet = [:],
        settings: CollectionSettings = .standard,
        timeout: Duration? = nil,
        _ body: @escaping @Sendable (inout MetricBatch) async throws -> Void
    ) -> ExporterID {
        let id = ExporterID(key: key, generation: generation)
        scheduler.start(
            id,
            collectors: [ClosureCollector("main", timeout: timeout, body)],
            settings: settings,
            labels: labels
        )
        store.takeOver(id)
        return id
    }

    /// Waits until all timers that are needed are asleep, and nothing is due.
    func settle() async throws {
        try await until {
            scheduler.state.withLock { state in
                guard state.stage == .running, !state.needsTimer() else { return false }
                let now = time.now.boundedNanoseconds
                return state.timers.count == counting.sleepers && state.timers.allSatisfy { $0 > now }
            }
        }
    }

    /// Waits until nothing runs, then for the timers.
    func idle() async throws {
        try await until { [scheduler] in
            let status = scheduler.status
            return status.running == 0 && status.queued == 0
        }
        try await settle()
    }

    func advance(by duration: Duration) async throws {
        try await settle()
        clock.advance(by: duration)
        try await settle()
    }

    /// Waits until so many collections of a key have ended and nothing runs.
    func ended(_ key: String, _ count: Int) async throws {
        try await until { [log] in log.count(key) >= count }
        try await idle()
    }

    func page() -> String {
        var text = ""
        _ = PageBuilder(format: .negotiate(accept: nil)).write(store.sections()) {
            text += String(decoding: $0, as: UTF8.self)
        }
        return text
    }
}

extension Duration {
    var seconds: Double { self / .seconds(1) }
}
