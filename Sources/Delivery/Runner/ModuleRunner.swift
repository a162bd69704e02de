import ExporterKit
import ExportingModules
import Logging
import Settings
import Synchronization

/// Runs one module: brings what comes into its queue and what is in the queue to the module, one call at a time, as
/// ``DeliveryStateMachine`` decides.
final class ModuleRunner: Sendable {
    /// What other tasks tell the one that runs the module.
    private enum Message: Sendable {
        case added(alerts: Bool, samples: Bool)
        case ended(call: UInt64, DeliveryStateMachine.CallResult)
        case reopen
        case drain(until: Duration)
        case intakeEnded
    }

    private struct State {
        var machine: DeliveryStateMachine
        var messages: [Message] = []
        var record: RunnerRecord
        /// The number of the call that is out, or was last.
        var call: UInt64 = 0
    }

    /// What the queue has handed out.
    private enum Held {
        case alert(QueuedAlert)
        case samples(QueuedSamples)
    }

    let entry: ModuleEntry
    let intake: Intake
    private let series: String
    private let time: TimeSource
    private let logger: Logger?
    private let wakeup = Wakeup()
    private let state: Mutex<State>

    /// - Parameters:
    ///   - entry: The module.
    ///   - series: The name of this run.
    ///   - time: The clocks.
    ///   - logger: Gets one line for each change.
    init(entry: ModuleEntry, series: String, time: TimeSource, logger: Logger?) {
        self.entry = entry
        self.series = series
        self.time = time
        self.logger = logger
        intake = Intake(queue: entry.queue, settings: entry.settings, time: time)
        state = Mutex(
            State(
                machine: DeliveryStateMachine(
                    takes: entry.module.takes,
                    batchSize: entry.module.batchSize,
                    settings: entry.settings,
                    seed: .random(in: .min ... .max)
                ),
                record: RunnerRecord(since: time.wallTime)
            )
        )
    }

    /// Opens the module's files anew.
    func reopen() { tell(.reopen) }

    /// Takes nothing any more, and delivers what there is until the deadline. ``run()`` returns after that.
    func drain(until deadline: Duration) {
        intake.close(deadline: deadline)
        tell(.drain(until: deadline))
    }

    /// Runs the module until ``drain(until:)`` is over, then closes the queue. Must not be called in a task that is
    /// cancelled: the module would see that.
    func run() async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                await self.intake.run(
                    Intake.Listener(
                        added: { self.tell(.added(alerts: $0, samples: $1)) },
                        trouble: { self.noteTrouble($0) }
                    )
                )
                self.tell(.intakeEnded)
            }
            await self.deliver()
        }
        await entry.queue.close()
    }

    private func tell(_ message: Message) {
        state.withLock { $0.messages.append(message) }
        wakeup.signal()
    }
}

// MARK: - The loop

extension ModuleRunner {
    private func deliver() async {
        var held: Held?
        var call: Task<Void, Never>?
        while true {
            let step = advance { _, _ in }
            switch step {
            case .call(let kind): call = begin(kind, held)
            case .cancelCall: call?.cancel()
            case .fetchAlert, .fetchSamples: await fetch(step, &held)
            case .settle(let settlement): await settle(settlement, &held)
            case .wait(let moment): await wakeup.wait(until: moment, by: time)
            case .end: return
            }
        }
    }

    /// Tells the machine what there is to tell, and asks it for the next step.
    @discardableResult
    private func advance(
        _ tell: (inout DeliveryStateMachine, Duration) -> Void
    ) -> DeliveryStateMachine.Step {
        let (step, lines) = state.withLock { state in
            let now = time.now
            tell(&state.machine, now)
            for message in state.messages { Self.pass(message, to: &state, now) }
            state.messages.removeAll()
            let step = state.machine.next(now: now)
            return (step, state.record.note(state.machine.takeNews(), state.machine.state, wall: time.wallTime))
        }
        log(lines)
        return step
    }

    private static func pass(_ message: Message, to state: inout State, _ now: Duration) {
        switch message {
        case .added(let alerts, let samples): state.machine.recordsAdded(alerts: alerts, samples: samples)
        case .ended(let call, let result): if call == state.call { state.machine.callEnded(result, now: now) }
        case .reopen: state.machine.reopen()
        case .drain(let deadline): state.machine.drain(until: deadline, now: now)
        case .intakeEnded: state.machine.intakeEnded()
        }
    }

    /// Begins a call in a task of its own: one that never returns has to be left behind, which a task group cannot.
    private func begin(_ kind: DeliveryStateMachine.Call, _ held: Held?) -> Task<Void, Never> {
        let number = state.withLock { state in
            state.call += 1
            return state.call
        }
        let (module, series) = (entry.module, series)
        return Task.detached {
            let result: DeliveryStateMachine.CallResult
            do {
                switch (kind, held) {
                case (.write, .samples(let samples)):
                    result = .wrote(try await module.write(time: samples.time, samples: samples.samples))
                case (.warn, .alert(let alert)):
                    result = .warned(try await module.warn(time: alert.time, alert: alert.alert))
                case (.start, _):
                    try await module.start(series: series)
                    result = .done
                case (.reopen, _):
                    try await module.reopen()
                    result = .done
                case (.close, _):
                    try await module.close()
                    result = .done
                case (.write, _), (.warn, _): result = .failed("there is no record to send")
                }
            } catch {
                result = .failed(BoundedLine.text(of: error))
            }
            self.tell(.ended(call: number, result))
        }
    }

    private func fetch(_ step: DeliveryStateMachine.Step, _ held: inout Held?) async {
        do {
            var record: DeliveryStateMachine.Record?
            held = nil
            if case .fetchSamples(let limit) = step {
                if let samples = try await entry.queue.nextSamples(limit: limit) {
                    held = .samples(samples)
                    record = .samples(samples.samples.count)
                }
            } else if let alert = try await entry.queue.nextAlert() {
                held = .alert(alert)
                record = .alert
            }
            update { machine, _ in machine.fetched(record, step: step) }
        } catch {
            update { machine, now in machine.fetchFailed(error.message, now: now) }
        }
    }

    private func settle(_ settlement: DeliveryStateMachine.Settlement, _ held: inout Held?) async {
        do {
            switch (settlement, held) {
            case (.samples(let delivery), .samples(let samples)): try await entry.queue.settle(samples, delivery)
            case (.alert(let outcome), .alert(let alert)): try await entry.queue.settle(alert, outcome)
            default: break
            }
            held = nil
            update { machine, now in machine.settled(error: nil, now: now) }
            // There may be room now.
            if entry.settings.holdsBack { intake.retry() }
        } catch {
            update { machine, now in machine.settled(error: error.message, now: now) }
        }
    }

    private func update(_ change: (inout DeliveryStateMachine, Duration) -> Void) {
        state.withLock { change(&$0.machine, time.now) }
    }
}

// MARK: - What it shows

extension ModuleRunner {
    /// How the module is.
    var status: ModuleStatus {
        let counts = entry.queue.counts()
        let waiting = intake.counts
        let (now, wall) = (time.now, time.wallTime)
        return state.withLock { state in
            let (machine, record) = (state.machine, state.record)
            return ModuleStatus(
                name: entry.name,
                kind: entry.kind,
                takes: entry.module.takes,
                state: machine.state,
                since: record.since,
                failures: machine.failures,
                nextAttempt: machine.nextAttempt.map { wall + max($0 - now, .zero) },
                lastSuccess: record.lastSuccess,
                lastError: record.lastError,
                lastErrorTime: record.lastErrorTime,
                samples: RecordStatus(
                    counts: counts.samples,
                    retried: machine.samples.retried,
                    refused: waiting.refusedSamples,
                    waiting: waiting.samples
                ),
                alerts: RecordStatus(
                    counts: counts.alerts,
                    retried: machine.alerts.retried,
                    refused: waiting.refusedAlerts,
                    waiting: waiting.alerts
                ),
                discardedDeadLetters: counts.discardedDeadLetters
            )
        }
    }

    /// The queue does not take anything for a reason, or takes again.
    private func noteTrouble(_ reason: String?) {
        if let reason {
            state.withLock { $0.record.noteError(reason, wall: time.wallTime) }
            log([RunnerRecord.Line(.error, "Records cannot be put into the queue of a module", error: reason)])
        } else {
            log([RunnerRecord.Line(.info, "Records can be put into the queue of a module again")])
        }
    }

    private func log(_ lines: [RunnerRecord.Line]) {
        guard let logger else { return }
        for line in lines {
            var metadata: Logger.Metadata = ["module": "\(entry.name)", "kind": "\(entry.kind)"]
            if let error = line.error { metadata["error"] = "\(error)" }
            logger.log(level: line.level, "\(line.text)", metadata: metadata)
        }
    }
}
