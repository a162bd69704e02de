public import ExporterKit
public import ExportingModules
public import Logging
import Settings
import Synchronization

/// Gives what is collected, and the news of alerts, to all exporting modules.
///
/// ```swift
/// let hub = ModuleHub(series: "agent-1", entries: [
///     ModuleEntry(name: "archive", module: module, queue: queue)
/// ])
/// await withTaskGroup { group in
///     group.addTask { await hub.run() }
///     await hub.take(collected)
///     hub.stop()
/// }
/// ```
///
/// Each module has its own tasks and its own queue: one that hangs, fails or is slow delays no other. Only a module whose
/// settings say so (``RunnerSettings/holdsBack``) makes who brings samples wait.
public final class ModuleHub: Sendable {
    /// One module with the answers of its filter.
    private struct Member: Sendable {
        let runner: ModuleRunner
        let filter: FilterBox
        let takesStaleness: Bool

        var takes: RecordKinds { runner.entry.module.takes }
    }

    /// A filter's cache under a lock.
    private final class FilterBox: Sendable {
        let cache: Mutex<FilterCache>

        init(_ filter: SampleFilter) {
            cache = Mutex(FilterCache(filter))
        }
    }

    private struct State {
        var isStarted = false
        /// Until when what is left is delivered; set when the end has come.
        var deadline: Duration?
        var isOver = false
    }

    /// How often series are looked for that were not collected for too long.
    private static let sweepInterval = Duration.seconds(5)
    /// How much longer than it should take the end may take.
    private static let endGrace = Duration.seconds(2)

    private let members: [Member]
    private let tracker: SeriesTracker?
    private let drain: Duration
    private let time: TimeSource
    private let stopping = Wakeup()
    private let ending = Wakeup()
    private let logger: Logger?
    private let state = Mutex(State())

    /// Creates a hub. Nothing is started before ``run()``, but what is taken before that is kept.
    ///
    /// - Parameters:
    ///   - series: The name of this run, which modules are started with.
    ///   - entries: The modules.
    ///   - drain: For how long what waits is still delivered after ``stop()``.
    ///   - seriesLimit: How many series are known at most, to tell modules that ask for it when one ends.
    ///   - time: The clocks.
    ///   - metrics: Where the hub shows its counts; nil for nowhere.
    ///   - logger: Gets one line when a module begins to fail, when it is well again, when it hangs, and when it ends.
    public init(
        series: String,
        entries: [ModuleEntry],
        drain: Duration = .seconds(5),
        seriesLimit: Int = 1_000_000,
        time: TimeSource = TimeSource(),
        metrics: SelfMetrics? = nil,
        logger: Logger? = nil
    ) {
        self.drain = max(drain, .zero)
        self.time = time
        self.logger = logger
        members = entries.map { entry in
            Member(
                runner: ModuleRunner(entry: entry, series: series, time: time, logger: logger),
                filter: FilterBox(entry.filter),
                takesStaleness: entry.module.takesStaleness && entry.module.takes.contains(.samples)
            )
        }
        tracker = members.contains { $0.takesStaleness } ? SeriesTracker(limit: seriesLimit) : nil
        if !entries.isEmpty { metrics?.onRead { [weak self] in self.map { ModuleFamilies.families(of: $0) } ?? [] } }
    }

    // MARK: - What comes

    /// Takes what was collected. Returns when every module that holds collections back has it in its queue; the others are
    /// not waited for. When the task is cancelled it returns soon, and what is in no queue then is dropped and counted.
    public func take(_ collected: CollectedSamples) async {
        let ended = tracker?.collected(collected, now: time.now) ?? []
        let held = members.compactMap { member -> (Intake, UInt64)? in
            guard member.takes.contains(.samples) else { return nil }
            let samples = member.takesStaleness ? collected.samples + ended : collected.samples
            let meant = member.filter.cache.withLock { cache in
                cache.meant(samples, key: collected.id.key, service: collected.service, labels: collected.labels)
            }
            if meant.isEmpty { return nil }
            let intake = member.runner.intake
            return intake.add(SampleBatch(time: collected.time, samples: meant)).map { (intake, $0) }
        }
        for (intake, number) in held { await intake.wait(for: number) }
    }

    /// Takes news of alerts; does not wait for anything.
    ///
    /// - Parameters:
    ///   - alerts: The news, in their order.
    ///   - time: When it was found out, in milliseconds since 1970.
    /// - Returns: What tells when they are in the queues.
    @discardableResult
    public func take(alerts: [Alert], time: Int64) -> AlertReceipt {
        var receipt = AlertReceipt()
        for member in members where member.takes.contains(.alerts) {
            let meant = alerts.filter(member.runner.entry.filter.matches)
            if meant.isEmpty { continue }
            let intake = member.runner.intake
            receipt.add(intake, intake.add(meant.map { (time, $0) }))
        }
        return receipt
    }

    /// Forgets an exporter after its collections have ended: its series have ended too, unless a later exporter has its
    /// key.
    public func remove(_ id: ExporterID) {
        for member in members { member.filter.cache.withLock { $0.forget(id.key) } }
        guard let tracker else { return }
        let now = time.wallTime.wholeMilliseconds
        for ended in tracker.remove(id, time: now) { tell(ended, time: now) }
    }

    /// Tells the modules that ask for it that series have ended.
    private func tell(_ ended: SeriesTracker.Ended, time: Int64) {
        for member in members where member.takesStaleness {
            let meant = member.filter.cache.withLock { cache in
                cache.meant(ended.samples, key: ended.key, service: ended.service, labels: ended.labels)
            }
            if !meant.isEmpty {
                _ = member.runner.intake.add(SampleBatch(time: time, samples: meant), mayHoldBack: false)
            }
        }
    }

    /// Waits until all that was taken before is in the queues, or was dropped.
    public func flush() async {
        for member in members { await member.runner.intake.flush() }
    }

    // MARK: - Running

    /// Runs all modules until ``stop()`` is called or the task is cancelled; then takes nothing any more, delivers what it
    /// can within the drain, and closes the modules and their queues. Modules and disks that do not come back are left
    /// behind. A hub runs once: a second call returns at once.
    public func run() async {
        let isFirst = state.withLock { state in
            defer { state.isStarted = true }
            return !state.isStarted
        }
        guard isFirst else { return }
        // Modules must not see that this task is cancelled: what waits is still delivered then.
        let running = Task.detached { await self.runUntilOver() }
        await withTaskCancellationHandler {
            await running.value
        } onCancel: {
            stop()
        }
    }

    /// Ends ``run()``.
    public func stop() {
        let deadline = state.withLock { state -> Duration? in
            guard state.deadline == nil else { return nil }
            state.deadline = time.now + drain
            return state.deadline
        }
        guard let deadline else { return }
        for member in members { member.runner.drain(until: deadline) }
        stopping.signal()
        ending.signal()
    }

    /// Lets all modules open their files anew.
    public func reopen() {
        for member in members { member.runner.reopen() }
    }

    /// Runs all until it is over, or until it should have been over for long: a disk that does not answer must not keep
    /// the program from ending.
    private func runUntilOver() async {
        Task.detached {
            await self.runAll()
            self.state.withLock { $0.isOver = true }
            self.ending.signal()
        }
        let longest = members.map { $0.runner.entry.settings.closeTimeout }.max() ?? .zero
        while true {
            let (isOver, end) = state.withLock { ($0.isOver, $0.deadline.map { $0 + longest * 2 + Self.endGrace }) }
            if isOver { return }
            if let end, time.now >= end {
                logger?.error("The exporting modules are left behind: a queue does not answer")
                return
            }
            await ending.wait(until: end, by: time)
        }
    }

    private func runAll() async {
        await withDiscardingTaskGroup { group in
            for member in members { group.addTask { await member.runner.run() } }
            while state.withLock({ $0.deadline == nil }) {
                await stopping.wait(until: tracker.map { _ in time.now + Self.sweepInterval }, by: time)
                sweep()
            }
        }
    }

    private func sweep() {
        guard let tracker, state.withLock({ $0.deadline == nil }) else { return }
        let now = time.wallTime.wholeMilliseconds
        for ended in tracker.expire(now: time.now, time: now) { tell(ended, time: now) }
    }

    // MARK: - Status

    /// How the modules are, in the order in which they were given.
    public func status() -> [ModuleStatus] {
        members.map { $0.runner.status }
    }

    /// How many series are known, and how many times one was not taken note of for want of space; nil if no module asks
    /// which series end.
    var trackedSeries: (count: Int, untracked: Int)? {
        tracker.map { ($0.count, $0.untracked) }
    }
}
