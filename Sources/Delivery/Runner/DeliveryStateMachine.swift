import ExportingModules

/// Decides what a module is called with and when. It calls nothing and knows no clock: whoever runs it asks for the next
/// step, does it, and tells what came of it.
///
/// - One call at a time, and none before the one before has come back, however long that takes.
/// - Until a start has succeeded, starts are tried again and again. After it, alerts come before samples; both have waits
///   of their own after failures, so that one that cannot be delivered does not keep the other waiting.
/// - What a destination calls too large is sent in halves, down to a single record, which is rejected then.
/// - What was said about records is told to the queue before anything else is done, again and again if the queue fails.
/// - A call that passes its deadline is cancelled; what it says when it comes back counts.
/// - When it drains, all is tried that can be until the deadline; then the module is closed.
struct DeliveryStateMachine: Sendable, Hashable {
    let settings: RunnerSettings
    var phase = Phase.idle
    var alerts: Lane
    var samples: Lane
    var start = RetryClock()
    /// Of reading the queue and of telling it.
    var queue = RetryClock()
    /// Whether the module is started and not closed.
    var isOpen = false
    /// Until when it drains; nil if it does not.
    private(set) var drainDeadline: Duration?
    var wantsReopen = false
    var isIntakeOver = false
    var splitter: BatchSplitter
    var random: JitterGenerator
    var wasFailing = false
    var news: [News] = []

    /// Creates the machine of a module that is not started.
    ///
    /// - Parameters:
    ///   - takes: What the module takes.
    ///   - batchSize: How many samples it is given at once, at most.
    ///   - settings: Its times.
    ///   - seed: Decides the jitter.
    init(takes: RecordKinds, batchSize: Int, settings: RunnerSettings, seed: UInt64) {
        self.settings = settings
        alerts = Lane(mayHaveRecords: takes.contains(.alerts))
        samples = Lane(mayHaveRecords: takes.contains(.samples))
        splitter = BatchSplitter(largest: max(1, batchSize))
        random = JitterGenerator(seed: seed)
    }

    /// What has changed since this was asked last.
    mutating func takeNews() -> [News] {
        defer { news = [] }
        return news
    }
}

// MARK: - What it is told

extension DeliveryStateMachine {
    /// The queue has something new.
    mutating func recordsAdded(alerts: Bool, samples: Bool) {
        if alerts { self.alerts.mayHaveRecords = true }
        if samples { self.samples.mayHaveRecords = true }
    }

    /// The module's files are to be opened anew. A module that is not started does that when it is.
    mutating func reopen() {
        if isOpen { wantsReopen = true }
    }

    /// The end has come: what waits is delivered until the deadline.
    mutating func drain(until deadline: Duration, now: Duration) {
        guard drainDeadline == nil else { return }
        drainDeadline = deadline
        // What was only waiting for better times gets one more chance.
        start.hurry(now: now)
        alerts.retry.hurry(now: now)
        samples.retry.hurry(now: now)
        queue.hurry(now: now)
    }

    /// Nothing new will come to the queue.
    mutating func intakeEnded() {
        isIntakeOver = true
    }

    /// The answer to `fetchAlert` and `fetchSamples`; nil if there was nothing.
    mutating func fetched(_ record: Record?, step: Step) {
        queue.succeed()
        if let record {
            phase = .holding(record)
        } else if step == .fetchAlert {
            alerts.mayHaveRecords = false
        } else {
            samples.mayHaveRecords = false
        }
        noteHealth(nil)
    }

    /// The queue could not be read.
    mutating func fetchFailed(_ error: String, now: Duration) {
        queueFailed(error, now)
    }

    /// The answer to `settle`; nil if it succeeded.
    mutating func settled(error: String?, now: Duration) {
        guard case .settling = phase else { return }
        if let error {
            queueFailed(error, now)
        } else {
            queue.succeed()
            phase = .idle
            noteHealth(nil)
        }
    }

    /// A call has ended.
    mutating func callEnded(_ result: CallResult, now: Duration) {
        guard case .calling(let flight) = phase else { return }
        phase = .idle
        var result = result
        if flight.isHung {
            news.append(.back(flight.call))
            // Mostly it says that it was cancelled, which is not why it failed.
            if case .failed = result { result = .failed("\(flight.call): no answer within \(settings.callTimeout)") }
        }
        switch flight.call {
        case .start: startEnded(result, now)
        case .write(let count): writeEnded(result, count, now)
        case .warn: warnEnded(result, now)
        case .reopen:
            if case .failed(let error) = result { news.append(.failed("reopen: \(error)")) }
        case .close:
            if case .failed(let error) = result { news.append(.failed("close: \(error)")) }
            isOpen = false
            end(isClosed: true)
        }
    }
}
