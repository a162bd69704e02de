import ExportingModules

// MARK: - What came of calls

extension DeliveryStateMachine {
    mutating func startEnded(_ result: CallResult, _ now: Duration) {
        if case .failed(let error) = result {
            start.fail(now: now, after: nil, settings: settings, using: &random)
            noteHealth(error)
            return
        }
        isOpen = true
        start.succeed()
        news.append(.started)
        noteHealth(nil)
    }

    mutating func warnEnded(_ result: CallResult, _ now: Duration) {
        var outcome: DeliveryOutcome
        switch result {
        case .warned(let answer): outcome = answer
        case .failed(let error): outcome = .retry(after: nil, reason: error)
        case .done, .wrote: outcome = .retry(after: nil, reason: "the module gave no answer")
        }
        if case .tooLarge(let reason) = outcome { outcome = .rejected(reason: Self.tooLarge(reason)) }
        phase = .settling(.alert(outcome))
        switch outcome {
        case .accepted:
            news.append(.delivered)
            alerts.retry.succeed()
            noteHealth(nil)
        case .rejected(let reason), .tooLarge(let reason):
            news.append(.rejected(1, reason: reason))
            alerts.retry.succeed()
            noteHealth(nil)
        case .retry(let after, let reason):
            alerts.retried += 1
            fail(\.alerts, reason, after: after, hadProgress: false, now)
        }
    }

    mutating func writeEnded(_ result: CallResult, _ count: Int, _ now: Duration) {
        let delivery: Delivery
        switch result {
        case .wrote(let answer) where answer.count == count: delivery = answer
        case .wrote(let answer):
            let reason = "the module answered for \(answer.count) of \(count) samples"
            delivery = Delivery(count: count, .retry(after: nil, reason: reason))
        case .failed(let error): delivery = Delivery(count: count, .retry(after: nil, reason: error))
        case .done, .warned:
            delivery = Delivery(count: count, .retry(after: nil, reason: "the module gave no answer"))
        }
        let verdict = Verdict(delivery)
        phase = .settling(.samples(verdict.delivery))
        samples.retried += verdict.delivery.retryCount
        let accepted = verdict.delivery.acceptedCount
        let rejected = verdict.delivery.rejectedCount
        if accepted > 0 { news.append(.delivered) }
        if rejected > 0 { news.append(.rejected(rejected, reason: verdict.rejection ?? "")) }
        if verdict.isTooLarge {
            splitter.wasTooLarge(count)
        } else if count == 1, rejected == 1, verdict.isRejectedForSize {
            splitter.foundOne()
        } else if accepted > 0 {
            splitter.fitted()
        }
        if let retry = verdict.retry {
            fail(\.samples, retry.reason, after: retry.after, hadProgress: accepted + rejected > 0, now)
        } else {
            samples.retry.succeed()
            noteHealth(nil)
        }
    }

    mutating func end(isClosed: Bool) {
        phase = .ended
        news.append(.stopped(isClosed: isClosed))
    }

    mutating func queueFailed(_ error: String, _ now: Duration) {
        queue.fail(now: now, after: nil, settings: settings, using: &random)
        noteHealth(error)
    }

    /// Notes whether something goes wrong, and what.
    mutating func noteHealth(_ error: String?) {
        if let error { news.append(.failed(error)) }
        let isFailing = start.isFailing || alerts.retry.isFailing || samples.retry.isFailing || queue.isFailing
        if isFailing, !wasFailing { news.append(.failing(error ?? "")) }
        if !isFailing, wasFailing { news.append(.recovered) }
        wasFailing = isFailing
    }

    private mutating func fail(
        _ lane: WritableKeyPath<DeliveryStateMachine, Lane>,
        _ reason: String,
        after: Duration?,
        hadProgress: Bool,
        _ now: Duration
    ) {
        var changed = self[keyPath: lane]
        changed.retry.fail(now: now, after: after, hadProgress: hadProgress, settings: settings, using: &random)
        // What is on disk has time until the next start.
        if drainDeadline != nil, settings.isDurable { changed.isOver = true }
        self[keyPath: lane] = changed
        noteHealth(reason)
    }

    private static func tooLarge(_ reason: String) -> String { "too large: \(reason)" }

    /// The answer of a module, as it is told to the queue and acted upon.
    private struct Verdict {
        /// What the queue is told: what was too large is to be sent again, or rejected if it was alone.
        let delivery: Delivery
        /// Whether smaller batches are to be tried.
        var isTooLarge = false
        var isRejectedForSize = false
        /// Why records have to wait, and how long at least.
        var retry: (after: Duration?, reason: String)?
        /// Why records were rejected: the first reason.
        var rejection: String?

        init(_ answer: Delivery) {
            let isAlone = answer.count == 1
            func translate(_ outcome: DeliveryOutcome) -> DeliveryOutcome {
                guard case .tooLarge(let reason) = outcome else { return outcome }
                let text = DeliveryStateMachine.tooLarge(reason)
                return isAlone ? .rejected(reason: text) : .retry(after: nil, reason: text)
            }
            delivery = Delivery(
                count: answer.count,
                translate(answer.usual),
                exceptions: answer.exceptions.mapValues(translate)
            )
            if answer.exceptions.count < answer.count { take(answer.usual, isAlone) }
            for (_, outcome) in answer.exceptions.sorted(by: { $0.key < $1.key }) { take(outcome, isAlone) }
        }

        private mutating func take(_ outcome: DeliveryOutcome, _ isAlone: Bool) {
            switch outcome {
            case .accepted: break
            case .rejected(let reason): rejection = rejection ?? reason
            case .retry(let after, let reason):
                // The longest of the waits that were asked for, but no shorter one than the usual.
                let longest = [retry?.after, after].compactMap { $0 }.max()
                retry = (longest, retry?.reason ?? reason)
            case .tooLarge(let reason):
                if isAlone {
                    rejection = DeliveryStateMachine.tooLarge(reason)
                    isRejectedForSize = true
                } else {
                    isTooLarge = true
                }
            }
        }
    }
}

/// How many samples are sent at once: fewer after the destination has called a batch too large.
struct BatchSplitter: Sendable, Hashable {
    /// After how many batches that were small enough larger ones are tried again.
    static let patience = 32

    private let largest: Int
    /// How many samples are sent at once.
    private(set) var limit: Int
    private var fitting = 0
    /// Whether the one sample that was too large has been found, so that all others may be of an ordinary size.
    private var hasFoundOne = false

    init(largest: Int) {
        self.largest = largest
        limit = largest
    }

    /// A batch of so many was too large.
    mutating func wasTooLarge(_ count: Int) {
        limit = max(1, min(count, limit) / 2)
        fitting = 0
        hasFoundOne = false
    }

    /// One sample was too large by itself.
    mutating func foundOne() {
        hasFoundOne = true
    }

    /// A batch was not too large.
    mutating func fitted() {
        guard limit < largest else { return }
        fitting += 1
        guard hasFoundOne || fitting >= Self.patience else { return }
        limit = limit > largest / 2 ? largest : limit * 2
        fitting = 0
        if limit == largest { hasFoundOne = false }
    }
}
