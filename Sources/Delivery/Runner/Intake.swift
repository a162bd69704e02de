import ExporterKit
import ExportingModules
import Settings
import Synchronization

/// Brings what comes for a module into its queue, many collections with one append, so that whoever has them does not
/// wait for a disk.
final class Intake: Sendable {
    /// What the intake tells the runner.
    struct Listener: Sendable {
        /// The queue has something new.
        var added: @Sendable (_ alerts: Bool, _ samples: Bool) -> Void
        /// The queue does not take anything for this reason, or takes again; called once for each change.
        var trouble: @Sendable (_ reason: String?) -> Void
    }

    private struct State {
        var intake: IntakeState
        /// Who waits until nothing up to a number is left.
        var waiters: [UInt64: (wanted: Wanted, continuation: CheckedContinuation<Void, Never>)] = [:]
        var lastWaiter: UInt64 = 0
        /// Until when what is left is appended; set on shutdown.
        var deadline: Duration?
        var isEnded = false

        mutating func nextWaiter() -> UInt64 {
            lastWaiter += 1
            return lastWaiter
        }

        func isDone(_ wanted: Wanted) -> Bool {
            switch wanted {
            case .everything(let number): isEnded || intake.isDone(number)
            case .alerts(let number): isEnded || intake.areAlertsDone(number)
            }
        }

        mutating func takeWaiters() -> [CheckedContinuation<Void, Never>] {
            let done = waiters.filter { isDone($0.value.wanted) }
            for key in done.keys { waiters[key] = nil }
            return done.values.map(\.continuation)
        }
    }

    /// What somebody waits for: that nothing up to a number is left.
    private enum Wanted {
        case everything(UInt64)
        case alerts(UInt64)
    }

    /// How often what is too old is dropped.
    static let expiryInterval = Duration.seconds(10)
    /// The wait after an append that failed.
    static let retryInterval = Duration.seconds(1)

    private let queue: any RecordQueue
    private let holdsBack: Bool
    private let time: TimeSource
    private let wakeup = Wakeup()
    private let state: Mutex<State>

    init(queue: any RecordQueue, settings: RunnerSettings, time: TimeSource) {
        self.queue = queue
        holdsBack = settings.holdsBack
        self.time = time
        state = Mutex(State(intake: IntakeState(limit: settings.intakeLimit)))
    }

    /// How many wait, and how many were refused.
    var counts: (samples: Int, alerts: Int, refusedSamples: RefusedCounts, refusedAlerts: RefusedCounts) {
        state.withLock { state in
            let intake = state.intake
            return (intake.sampleCount, intake.alerts.count, intake.refusedSamples, intake.refusedAlerts)
        }
    }

    // MARK: - What comes

    /// Takes a collection; does not wait. Returns its number if whoever brings it is to wait for it.
    func add(_ batch: SampleBatch, mayHoldBack: Bool = true) -> UInt64? {
        let isHeldBack = holdsBack && mayHoldBack
        let number = state.withLock { $0.intake.add(batch, isUnbounded: isHeldBack) }
        if number != nil { wakeup.signal() }
        return isHeldBack ? number : nil
    }

    /// Takes news of alerts; does not wait. Returns what to wait for with ``waitForAlerts(_:)``; nil if not all were taken.
    func add(_ alerts: [(time: Int64, alert: Alert)]) -> UInt64? {
        let number = state.withLock { $0.intake.add(alerts) }
        wakeup.signal()
        return number
    }

    /// Waits until no alert up to a number is left, or the task is cancelled. Returns whether all of them are in the queue.
    func waitForAlerts(_ number: UInt64) async -> Bool {
        let waiter = state.withLock { $0.nextWaiter() }
        await withTaskCancellationHandler {
            await waitUntilDone(.alerts(number), as: waiter)
        } onCancel: {
            state.withLock { $0.waiters.removeValue(forKey: waiter) }?.continuation.resume()
        }
        return state.withLock { $0.isDone(.alerts(number)) && $0.intake.areAlertsKept(number) }
    }

    /// Waits until a collection is in the queue. When the task is cancelled the collection is given up, unless it is in
    /// the queue already.
    func wait(for number: UInt64) async {
        let waiter = state.withLock { $0.nextWaiter() }
        await withTaskCancellationHandler {
            await waitUntilDone(.everything(number), as: waiter)
        } onCancel: {
            let waiters = state.withLock { state in
                state.intake.cancel(number)
                return state.takeWaiters()
            }
            for waiter in waiters { waiter.resume() }
        }
    }

    /// Waits until all that has come is in the queue or given up.
    func flush() async {
        let (number, waiter) = state.withLock { ($0.intake.lastNumber, $0.nextWaiter()) }
        await waitUntilDone(.everything(number), as: waiter)
    }

    private func waitUntilDone(_ wanted: Wanted, as waiter: UInt64) async {
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                if state.isDone(wanted) { return true }
                // The handler of the cancellation may have looked for it already.
                if case .alerts = wanted, Task.isCancelled { return true }
                state.waiters[waiter] = (wanted, continuation)
                return false
            }
            if isDone { continuation.resume() }
        }
    }

    /// There may be room in the queue.
    func retry() {
        wakeup.signal()
    }

    /// Takes nothing any more, and gives up at the deadline what is not in the queue by then.
    func close(deadline: Duration) {
        state.withLock { state in
            state.intake.close()
            state.deadline = state.deadline ?? deadline
        }
        wakeup.signal()
    }

    // MARK: - The loop

    /// Appends until the intake is closed and nothing is left, or until the deadline.
    func run(_ listener: Listener) async {
        var nextExpiry = time.now
        // Set after a failed append, which nothing but time mends.
        var retryAt: Duration?
        while true {
            let now = time.now
            let (isEmpty, deadline) = state.withLock { ($0.intake.isEmpty, $0.deadline) }
            if deadline != nil, isEmpty { break }
            if let deadline, now >= deadline {
                // What came last is offered once, also when there is no time left.
                _ = await append(listener)
                break
            }
            if now >= nextExpiry {
                nextExpiry = now + Self.expiryInterval
                _ = try? await queue.expire(now: time.wallTime.wholeMilliseconds)
            }
            var isFull = false
            if !isEmpty, retryAt.map({ $0 <= now }) ?? true {
                let wasTroubled = retryAt != nil
                let outcome = await append(listener)
                isFull = outcome.isFull
                retryAt = outcome.error.map { _ in time.now + Self.retryInterval }
                if wasTroubled != (outcome.error != nil) { listener.trouble(outcome.error) }
                if retryAt == nil, !isFull { continue }
            }
            // A queue that is full does not say when it has room: those who settle do, by `retry`.
            let full = isFull ? time.now + Self.retryInterval : nil
            let moments = [nextExpiry, retryAt, full, state.withLock { $0.deadline }]
            await wakeup.wait(until: moments.compactMap { $0 }.min(), by: time)
        }
        end()
    }

    /// Appends what there is. Returns why it failed, and whether the queue is full.
    private func append(_ listener: Listener) async -> (error: String?, isFull: Bool) {
        let alerts = state.withLock { $0.intake.takeAlerts() }
        if !alerts.isEmpty {
            do {
                try await queue.append(alerts: alerts)
                finish { $0.appendedAlerts(true) }
                listener.added(true, false)
            } catch {
                finish { $0.appendedAlerts(false) }
                return (error.message, false)
            }
        }
        let batches = state.withLock { $0.intake.takeSamples() }
        if batches.isEmpty { return (nil, false) }
        do {
            let report = try await queue.append(batches)
            finish { $0.appendedSamples(report.takenCount) }
            if report.takenCount > 0 { listener.added(false, true) }
            return (nil, report.isFull || report.takenCount == 0)
        } catch {
            finish { $0.appendedSamples(0) }
            return (error.message, false)
        }
    }

    private func finish(_ change: (inout IntakeState) -> Void) {
        let waiters = state.withLock { state in
            change(&state.intake)
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }

    private func end() {
        let waiters = state.withLock { state in
            state.intake.abandon()
            state.isEnded = true
            return state.takeWaiters()
        }
        for waiter in waiters { waiter.resume() }
    }
}
