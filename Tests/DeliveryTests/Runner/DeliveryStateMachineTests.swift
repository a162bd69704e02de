import ExportingModules
import Testing

@testable import Delivery

struct DeliveryStateMachineTests {
    private static let begin = Duration.seconds(100)

    private static func machine(
        takes: RecordKinds = [.samples, .alerts],
        batchSize: Int = 100,
        settings: RunnerSettings = RunnerSettings()
    ) -> DeliveryStateMachine {
        DeliveryStateMachine(takes: takes, batchSize: batchSize, settings: settings, seed: 1)
    }

    /// One that is started and has found nothing in its queue.
    private static func idle(
        takes: RecordKinds = [.samples, .alerts],
        batchSize: Int = 100,
        settings: RunnerSettings = RunnerSettings()
    ) -> DeliveryStateMachine {
        var machine = machine(takes: takes, batchSize: batchSize, settings: settings)
        #expect(machine.next(now: begin) == .call(.start))
        machine.callEnded(.done, now: begin)
        while true {
            let step = machine.next(now: begin)
            guard step == .fetchAlert || step == .fetchSamples(limit: batchSize) else { break }
            machine.fetched(nil, step: step)
        }
        _ = machine.takeNews()
        return machine
    }

    /// Lets it write so many samples, with this answer. Returns what the queue is told.
    @discardableResult
    private static func write(
        _ machine: inout DeliveryStateMachine,
        _ count: Int,
        _ result: DeliveryStateMachine.CallResult,
        now: Duration = begin
    ) -> Delivery? {
        machine.recordsAdded(alerts: false, samples: true)
        let step = machine.next(now: now)
        guard case .fetchSamples = step else { return nil }
        machine.fetched(.samples(count), step: step)
        #expect(machine.next(now: now) == .call(.write(count)))
        machine.callEnded(result, now: now)
        guard case .settle(.samples(let delivery)) = machine.next(now: now) else { return nil }
        machine.settled(error: nil, now: now)
        return delivery
    }

    @Test func startThatFailsIsTriedForEverWithLongerAndLongerWaits() {
        var machine = Self.machine()
        var now = Self.begin
        var waits: [Double] = []
        for _ in 0..<12 {
            #expect(machine.next(now: now) == .call(.start))
            machine.callEnded(.failed("no route"), now: now)
            guard case .wait(let until?) = machine.next(now: now) else { return #expect(Bool(false)) }
            waits.append((until - now) / .seconds(1))
            #expect(machine.state == .backingOff && machine.nextAttempt == until)
            now = until
        }
        #expect(machine.failures == 12)
        for (index, wait) in waits.enumerated() {
            let expected = min(60, Double(1 << index))
            #expect((expected * 0.8...expected * 1.2).contains(wait), "the wait \(index) is \(wait)")
        }
        #expect(machine.takeNews().count { $0 == .failing("no route") } == 1)
        #expect(machine.next(now: now) == .call(.start))
        machine.callEnded(.done, now: now)
        #expect(machine.takeNews() == [.started, .recovered])
        #expect(machine.state == .running && machine.failures == 0)
    }

    @Test func alertsGoBeforeSamples() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: true, samples: true)
        #expect(machine.next(now: Self.begin) == .fetchAlert)
        machine.fetched(.alert, step: .fetchAlert)
        #expect(machine.next(now: Self.begin) == .call(.warn))
        machine.callEnded(.warned(.accepted), now: Self.begin)
        #expect(machine.next(now: Self.begin) == .settle(.alert(.accepted)))
        machine.settled(error: nil, now: Self.begin)
        #expect(machine.next(now: Self.begin) == .fetchAlert)
        machine.fetched(nil, step: .fetchAlert)
        #expect(machine.next(now: Self.begin) == .fetchSamples(limit: 100))
    }

    @Test func alertThatCannotBeDeliveredDoesNotKeepSamplesWaiting() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: true, samples: true)
        #expect(machine.next(now: Self.begin) == .fetchAlert)
        machine.fetched(.alert, step: .fetchAlert)
        #expect(machine.next(now: Self.begin) == .call(.warn))
        machine.callEnded(.warned(.retry(after: .seconds(30), reason: "busy")), now: Self.begin)
        #expect(machine.next(now: Self.begin) == .settle(.alert(.retry(after: .seconds(30), reason: "busy"))))
        machine.settled(error: nil, now: Self.begin)
        #expect(machine.next(now: Self.begin) == .fetchSamples(limit: 100))
        machine.fetched(nil, step: .fetchSamples(limit: 100))
        guard case .wait(let until?) = machine.next(now: Self.begin) else { return #expect(Bool(false)) }
        #expect(until >= Self.begin + .seconds(30) && until <= Self.begin + .seconds(33))
        #expect(machine.state == .backingOff && machine.alerts.retried == 1)
        #expect(machine.next(now: until) == .fetchAlert)
    }

    @Test func moduleIsOnlyCalledWithWhatItTakes() {
        var machine = Self.idle(takes: .alerts)
        #expect(machine.next(now: Self.begin) == .wait(until: nil))
        machine.recordsAdded(alerts: true, samples: false)
        #expect(machine.next(now: Self.begin) == .fetchAlert)
    }

    @Test func throwMeansThatAllIsSentAgain() {
        var machine = Self.idle()
        let delivery = Self.write(&machine, 7, .failed("broken pipe"))
        #expect(delivery?.retryCount == 7)
        #expect(machine.samples.retried == 7 && machine.state == .backingOff)
        guard case .wait(let until?) = machine.next(now: Self.begin) else { return #expect(Bool(false)) }
        #expect(until - Self.begin >= .milliseconds(800) && until - Self.begin <= .milliseconds(1_200))
    }

    @Test func answerForAnotherNumberOfSamplesIsNoAnswer() {
        var machine = Self.idle()
        let delivery = Self.write(&machine, 3, .wrote(.accepted(count: 2)))
        #expect(delivery?.retryCount == 3)
        #expect(machine.takeNews().contains(.failed("the module answered for 2 of 3 samples")))
    }

    @Test func waitThatTheDestinationAsksForIsBoundedAndNeverShortened() {
        for (asked, least, most) in [(0, 1.0, 1.1), (40, 40, 44), (100_000, 600, 660), (-7, 1, 1.1)] {
            var machine = Self.idle()
            Self.write(&machine, 1, .wrote(Delivery(count: 1, .retry(after: .seconds(asked), reason: "busy"))))
            guard case .wait(let until?) = machine.next(now: Self.begin) else { return #expect(Bool(false)) }
            #expect((least...most + 0.001).contains((until - Self.begin) / .seconds(1)), "asked for \(asked)")
        }
    }

    @Test func waitsBeginAnewAfterProgress() {
        var machine = Self.idle()
        var now = Self.begin
        for _ in 0..<6 {
            Self.write(&machine, 2, .failed("down"), now: now)
            now += .seconds(100)
        }
        #expect(machine.failures == 6)
        let partly = Delivery(count: 2, .accepted, exceptions: [1: .retry(after: nil, reason: "busy")])
        Self.write(&machine, 2, .wrote(partly), now: now)
        #expect(machine.failures == 1)
        guard case .wait(let until?) = machine.next(now: now) else { return #expect(Bool(false)) }
        #expect(until - now <= .milliseconds(1_200))
    }

    @Test func batchThatIsTooLargeIsHalvedDownToOneWhichIsRejected() {
        var machine = Self.idle(batchSize: 8)
        var limits: [Int] = []
        var last: Delivery?
        for count in [8, 4, 2, 1] {
            machine.recordsAdded(alerts: false, samples: true)
            guard case .fetchSamples(let limit) = machine.next(now: Self.begin) else { return #expect(Bool(false)) }
            limits.append(limit)
            last = Self.write(&machine, count, .wrote(Delivery(count: count, .tooLarge(reason: "413"))))
        }
        #expect(limits == [8, 4, 2, 1])
        #expect(last == Delivery(count: 1, .rejected(reason: "too large: 413")))
        #expect(machine.state == .running, "splitting is no failure")
        // The one that was too large is out of the way.
        for limit in [1, 2, 4, 8, 8] {
            machine.recordsAdded(alerts: false, samples: true)
            #expect(machine.next(now: Self.begin) == .fetchSamples(limit: limit))
            Self.write(&machine, limit, .wrote(.accepted(count: limit)))
        }
    }

    @Test func smallerBatchesStayUntilManyHaveFitted() {
        var splitter = BatchSplitter(largest: 1_000)
        splitter.wasTooLarge(1_000)
        for _ in 1..<BatchSplitter.patience {
            splitter.fitted()
            #expect(splitter.limit == 500)
        }
        splitter.fitted()
        #expect(splitter.limit == 1_000)
    }

    @Test func alertThatIsTooLargeIsRejected() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: true, samples: false)
        _ = machine.next(now: Self.begin)
        machine.fetched(.alert, step: .fetchAlert)
        _ = machine.next(now: Self.begin)
        machine.callEnded(.warned(.tooLarge(reason: "413")), now: Self.begin)
        #expect(machine.next(now: Self.begin) == .settle(.alert(.rejected(reason: "too large: 413"))))
    }

    @Test func callThatDoesNotComeBackIsCancelledAndNothingElseIsCalled() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: false, samples: true)
        machine.fetched(.samples(3), step: machine.next(now: Self.begin))
        #expect(machine.next(now: Self.begin) == .call(.write(3)))
        #expect(machine.next(now: Self.begin) == .wait(until: Self.begin + .seconds(60)))
        let late = Self.begin + .seconds(60)
        #expect(machine.next(now: late) == .cancelCall)
        machine.recordsAdded(alerts: true, samples: true)
        machine.reopen()
        #expect(machine.next(now: late + .seconds(10_000)) == .wait(until: nil))
        #expect(machine.state == .hung && machine.nextAttempt == nil)
        #expect(machine.takeNews().contains(.hung(.write(3))))
        // What it says late counts: it is what has become of the samples.
        machine.callEnded(.wrote(.accepted(count: 3)), now: late + .seconds(10_000))
        #expect(machine.next(now: late + .seconds(10_000)) == .settle(.samples(.accepted(count: 3))))
        #expect(machine.takeNews().contains(.back(.write(3))))
        #expect(machine.state == .running)
    }

    @Test func startThatComesBackLateHasStartedTheModule() {
        var machine = Self.machine()
        #expect(machine.next(now: Self.begin) == .call(.start))
        #expect(machine.next(now: Self.begin + .seconds(61)) == .cancelCall)
        #expect(machine.state == .hung)
        machine.callEnded(.done, now: Self.begin + .seconds(90))
        #expect(machine.isOpen && machine.next(now: Self.begin + .seconds(90)) == .fetchAlert)
    }

    @Test func reasonOfALateFailureIsThatItWasLate() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: false, samples: true)
        machine.fetched(.samples(1), step: machine.next(now: Self.begin))
        _ = machine.next(now: Self.begin)
        _ = machine.next(now: Self.begin + .seconds(60))
        machine.callEnded(.failed("CancellationError()"), now: Self.begin + .seconds(61))
        let news = machine.takeNews()
        #expect(news.contains(.failed("write: no answer within 60.0 seconds")))
        #expect(!news.contains(.failed("CancellationError()")))
    }

    @Test func queueIsToldBeforeAnythingElseIsSent() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: true, samples: true)
        machine.fetched(.alert, step: machine.next(now: Self.begin))
        _ = machine.next(now: Self.begin)
        machine.callEnded(.warned(.accepted), now: Self.begin)
        var now = Self.begin
        for _ in 0..<3 {
            #expect(machine.next(now: now) == .settle(.alert(.accepted)))
            machine.settled(error: "the disk is full", now: now)
            guard case .wait(let until?) = machine.next(now: now) else { return #expect(Bool(false)) }
            #expect(until > now && machine.state == .backingOff)
            now = until
        }
        #expect(machine.next(now: now) == .settle(.alert(.accepted)))
        machine.settled(error: nil, now: now)
        #expect(machine.state == .running)
    }

    @Test func queueThatCannotBeReadIsTriedAgainLater() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: false, samples: true)
        _ = machine.next(now: Self.begin)
        machine.fetchFailed("the disk is gone", now: Self.begin)
        guard case .wait(let until?) = machine.next(now: Self.begin) else { return #expect(Bool(false)) }
        #expect(machine.next(now: until) == .fetchSamples(limit: 100))
    }

    @Test func reopenWaitsForTheCallThatIsOut() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: false, samples: true)
        machine.fetched(.samples(1), step: machine.next(now: Self.begin))
        _ = machine.next(now: Self.begin)
        machine.reopen()
        #expect(machine.next(now: Self.begin) == .wait(until: Self.begin + .seconds(60)))
        machine.callEnded(.wrote(.accepted(count: 1)), now: Self.begin)
        #expect(machine.next(now: Self.begin) == .settle(.samples(.accepted(count: 1))))
        machine.settled(error: nil, now: Self.begin)
        #expect(machine.next(now: Self.begin) == .call(.reopen))
        machine.callEnded(.failed("no such folder"), now: Self.begin)
        #expect(machine.next(now: Self.begin) == .fetchSamples(limit: 100))
        #expect(machine.takeNews().contains(.failed("reopen: no such folder")))
    }
}

// MARK: - Draining

extension DeliveryStateMachineTests {
    private static let deadline = begin + .seconds(5)

    @Test func drainDeliversWhatIsThereAndCloses() {
        var machine = Self.idle()
        machine.recordsAdded(alerts: false, samples: true)
        machine.drain(until: Self.deadline, now: Self.begin)
        #expect(machine.state == .draining)
        Self.write(&machine, 5, .wrote(.accepted(count: 5)))
        machine.fetched(nil, step: machine.next(now: Self.begin))
        #expect(machine.next(now: Self.begin) == .wait(until: Self.deadline), "something may still come")
        machine.intakeEnded()
        #expect(machine.next(now: Self.begin) == .call(.close))
        machine.callEnded(.done, now: Self.begin)
        #expect(machine.next(now: Self.begin) == .end)
        #expect(machine.takeNews().last == .stopped(isClosed: true) && machine.state == .stopped)
    }

    @Test func drainTriesOnceMoreWhatWasWaitingUnlessTheDestinationAskedForIt() {
        for after in [nil, Duration.seconds(50)] {
            var machine = Self.idle(takes: .samples)
            Self.write(&machine, 1, .wrote(Delivery(count: 1, .retry(after: after, reason: "down"))))
            machine.intakeEnded()
            machine.drain(until: Self.deadline, now: Self.begin)
            if after == nil {
                Self.write(&machine, 1, .failed("down"))
                #expect(machine.next(now: Self.begin) == .call(.close), "the rest is on disk")
            } else {
                #expect(machine.next(now: Self.begin) == .wait(until: Self.deadline))
                #expect(machine.next(now: Self.deadline) == .call(.close))
            }
        }
    }

    @Test func drainOfAQueueInMemoryTriesUntilTheDeadline() {
        var machine = Self.idle(takes: .samples, settings: RunnerSettings(isDurable: false))
        machine.intakeEnded()
        machine.drain(until: Self.deadline, now: Self.begin)
        var now = Self.begin
        var attempts = 0
        while now < Self.deadline {
            Self.write(&machine, 1, .failed("down"), now: now)
            attempts += 1
            guard case .wait(let until?) = machine.next(now: now) else { return #expect(Bool(false)) }
            now = until
        }
        #expect(attempts >= 2 && now == Self.deadline)
        #expect(machine.next(now: now) == .call(.close))
    }

    @Test func drainStartsWhatWasNotTriedYet() {
        var machine = Self.machine()
        machine.drain(until: Self.deadline, now: Self.begin)
        #expect(machine.next(now: Self.begin) == .call(.start))
        machine.callEnded(.failed("no route"), now: Self.begin)
        #expect(machine.next(now: Self.begin) == .end, "the rest is on disk")
    }

    @Test func drainTriesToStartAgainOnlyIfWhatWaitsWouldBeLost() {
        for isDurable in [true, false] {
            var machine = Self.machine(settings: RunnerSettings(isDurable: isDurable))
            _ = machine.next(now: Self.begin)
            machine.callEnded(.failed("no route"), now: Self.begin)
            machine.drain(until: Self.deadline, now: Self.begin)
            #expect(machine.next(now: Self.begin) == (isDurable ? .end : .call(.start)))
        }
    }

    @Test func callThatIsOutAtTheDeadlineIsCancelledAndWaitedForALittle() {
        for comesBack in [true, false] {
            var machine = Self.idle()
            machine.recordsAdded(alerts: false, samples: true)
            machine.fetched(.samples(2), step: machine.next(now: Self.begin))
            _ = machine.next(now: Self.begin)
            machine.drain(until: Self.deadline, now: Self.begin)
            #expect(machine.next(now: Self.begin) == .wait(until: Self.deadline))
            #expect(machine.next(now: Self.deadline) == .cancelCall)
            #expect(machine.next(now: Self.deadline) == .wait(until: Self.deadline + .seconds(5)))
            if comesBack {
                machine.callEnded(.failed("CancellationError()"), now: Self.deadline + .seconds(1))
                let again = Delivery(count: 2, .retry(after: nil, reason: "CancellationError()"))
                #expect(machine.next(now: Self.deadline + .seconds(1)) == .settle(.samples(again)))
                machine.settled(error: nil, now: Self.deadline + .seconds(1))
                #expect(machine.next(now: Self.deadline + .seconds(1)) == .call(.close))
            } else {
                #expect(machine.next(now: Self.deadline + .seconds(5)) == .end)
                #expect(machine.takeNews().last == .stopped(isClosed: false))
            }
        }
    }

    @Test func closeThatDoesNotComeBackIsLeftBehind() {
        var machine = Self.idle()
        machine.intakeEnded()
        machine.drain(until: Self.deadline, now: Self.begin)
        #expect(machine.next(now: Self.begin) == .call(.close))
        #expect(machine.next(now: Self.begin) == .wait(until: Self.begin + .seconds(5)))
        #expect(machine.next(now: Self.begin + .seconds(5)) == .cancelCall)
        #expect(machine.next(now: Self.begin + .seconds(5)) == .end)
    }
}
