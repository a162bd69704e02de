import ExportingModules
import TestSupport

@testable import Delivery

/// A module, its queue and the time, all played by chance, around a ``DeliveryStateMachine``: what the machine may never
/// do is noted as a problem.
struct DeliverySimulation {
    enum Fate: Equatable {
        case waiting, accepted, rejected
    }

    static let settings = RunnerSettings(
        callTimeout: .seconds(60),
        closeTimeout: .seconds(5),
        initialBackoff: .seconds(1),
        maximumBackoff: .seconds(60),
        maximumRetryAfter: .seconds(600)
    )

    var machine: DeliveryStateMachine
    var random: SeededGenerator
    var now = Duration.seconds(1_000)
    var alerts: [Fate] = []
    var samples: [Fate] = []
    var problems: [String] = []
    var news: [DeliveryStateMachine.News] = []
    let batchSize: Int

    /// Whether everything goes well from now on.
    var isWell = false
    private(set) var hasEnded = false
    private(set) var drainDeadline: Duration?
    private(set) var isOpen = false
    private(set) var closes = 0
    /// The call that is out, since when, and whether it was cancelled.
    private(set) var out: (call: DeliveryStateMachine.Call, since: Duration, isCancelled: Bool)?
    private var heldAlert: Int?
    private var heldSamples: [Int]?
    /// What the module has answered and the queue has to be told.
    private var answer: DeliveryStateMachine.CallResult?
    private var queueIsFailing = false
    /// What no destination takes in any size.
    private var oversized: Set<Int> = []

    init(seed: UInt64, isDurable: Bool) {
        random = SeededGenerator(seed: seed)
        batchSize = Int.random(in: 1...40, using: &random)
        var settings = Self.settings
        settings.isDurable = isDurable
        machine = DeliveryStateMachine(
            takes: [.samples, .alerts],
            batchSize: batchSize,
            settings: settings,
            seed: random.next()
        )
    }

    mutating func require(_ holds: Bool, _ problem: String) {
        if !holds, problems.count < 10 { problems.append(problem) }
    }

    private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }

    // MARK: - What comes

    mutating func add(alerts count: Int, samples other: Int) {
        alerts += Array(repeating: .waiting, count: count)
        for _ in 0..<other {
            if chance(3) { oversized.insert(samples.count) }
            samples.append(.waiting)
        }
        machine.recordsAdded(alerts: count > 0, samples: other > 0)
    }

    mutating func drain(for length: Duration) {
        drainDeadline = now + length
        machine.drain(until: now + length, now: now)
        machine.intakeEnded()
    }

    // MARK: - One step

    mutating func step() {
        let step = machine.next(now: now)
        news += machine.takeNews()
        switch step {
        case .call(let call): begin(call)
        case .cancelCall:
            require(out != nil, "cancels nothing")
            out?.isCancelled = true
        case .fetchAlert, .fetchSamples: fetch(step)
        case .settle(let settlement): settle(settlement)
        case .wait(let moment): wait(until: moment)
        case .end:
            let isFree = out?.isCancelled ?? true
            require(isFree, "ended while a call is out")
            hasEnded = true
        }
        if let drainDeadline {
            let latest = drainDeadline + Self.settings.closeTimeout * 2
            let isInTime = now <= latest || hasEnded
            require(isInTime, "still not ended at \(now), the drain was over at \(drainDeadline)")
        }
    }

    private mutating func begin(_ call: DeliveryStateMachine.Call) {
        require(out == nil, "\(call) beside \(String(describing: out))")
        let wasTold = answer == nil || (call == .close && queueIsFailing)
        require(wasTold, "\(call) before the queue was told")
        switch call {
        case .start: require(!isOpen, "started twice")
        case .write(let count): require(isOpen && heldSamples?.count == count, "writes what it does not have")
        case .warn: require(isOpen && heldAlert != nil, "warns of nothing")
        case .reopen: require(isOpen, "reopens what is not open")
        case .close:
            require(isOpen, "closes what is not open")
            closes += 1
        }
        out = (call, now, false)
    }

    private mutating func fetch(_ step: DeliveryStateMachine.Step) {
        require(out == nil && answer == nil, "fetches too early")
        if !isWell, chance(3) {
            queueIsFailing = true
            machine.fetchFailed("disk", now: now)
            return
        }
        (heldAlert, heldSamples, queueIsFailing) = (nil, nil, false)
        if case .fetchSamples(let limit) = step {
            require((1...batchSize).contains(limit), "a batch of \(limit)")
            let found = samples.indices.filter { samples[$0] == .waiting }.prefix(limit)
            heldSamples = found.isEmpty ? nil : Array(found)
            machine.fetched(heldSamples.map { .samples($0.count) }, step: step)
        } else {
            heldAlert = alerts.firstIndex(of: .waiting)
            machine.fetched(heldAlert.map { _ in .alert }, step: step)
        }
    }

    private mutating func settle(_ settlement: DeliveryStateMachine.Settlement) {
        require(answer != nil, "settles what nobody has answered")
        if !isWell, chance(5) {
            queueIsFailing = true
            machine.settled(error: "disk", now: now)
            return
        }
        switch (settlement, answer) {
        case (.alert(let outcome), .warned(let said)?):
            if let index = heldAlert { alerts[index] = fate(outcome, said, isAlone: true) }
        case (.alert(let outcome), .failed?): require(isRetry(outcome), "a throw became \(outcome)")
        case (.samples(let delivery), .wrote(let said)?) where said.count == delivery.count:
            for (place, index) in (heldSamples ?? []).enumerated() {
                samples[index] = fate(delivery[place], said[place], isAlone: delivery.count == 1)
            }
        case (.samples(let delivery), _?): require(delivery.retryCount == delivery.count, "a throw became \(delivery)")
        default: require(false, "settles something else")
        }
        (answer, heldAlert, heldSamples, queueIsFailing) = (nil, nil, nil, false)
        machine.settled(error: nil, now: now)
    }

    /// Compares what the queue is told with what the module has said.
    private mutating func fate(_ told: DeliveryOutcome, _ said: DeliveryOutcome, isAlone: Bool) -> Fate {
        switch (said, told) {
        case (.accepted, .accepted): return .accepted
        case (.rejected, .rejected): return .rejected
        case (.retry, .retry): return .waiting
        case (.tooLarge, .rejected) where isAlone: return .rejected
        case (.tooLarge, .retry) where !isAlone: return .waiting
        default:
            require(false, "\(said) became \(told)")
            return .waiting
        }
    }

    private func isRetry(_ outcome: DeliveryOutcome) -> Bool {
        if case .retry = outcome { true } else { false }
    }

    // MARK: - Time and answers

    private mutating func wait(until moment: Duration?) {
        if let moment { require(moment > now, "waits until \(moment), it is \(now)") }
        if moment == nil, out == nil {
            let isIdle = !alerts.contains(.waiting) && !samples.contains(.waiting)
            require(isIdle, "waits for ever though something waits")
        }
        if out != nil, isWell || chance(50) {
            end()
        } else if let moment {
            let early = now + .milliseconds(Int.random(in: 1...5_000, using: &random))
            now = isWell || chance(70) ? moment : min(moment, early)
        } else if isWell {
            now += .seconds(1)
        }
    }

    /// The call that is out comes back.
    private mutating func end() {
        guard let (call, since, isCancelled) = out else { return }
        out = nil
        if !isCancelled { now += .milliseconds(Int.random(in: 0...900, using: &random)) }
        if now - since > Self.settings.callTimeout { require(isCancelled, "\(call) was not cancelled") }
        let result = result(of: call)
        switch (call, result) {
        case (.start, .done): isOpen = true
        case (.close, _): isOpen = false
        case (.write, _), (.warn, _): answer = result
        default: break
        }
        machine.callEnded(result, now: now)
    }

    private mutating func result(of call: DeliveryStateMachine.Call) -> DeliveryStateMachine.CallResult {
        if !isWell, chance(15) { return .failed("thrown") }
        switch call {
        case .start, .reopen, .close: return .done
        case .warn: return .warned(isWell ? .accepted : outcome())
        case .write(let count): return .wrote(delivery(count))
        }
    }

    private mutating func delivery(_ count: Int) -> Delivery {
        let held = heldSamples ?? []
        if held.contains(where: oversized.contains) { return Delivery(count: count, .tooLarge(reason: "big")) }
        if isWell { return .accepted(count: count) }
        if chance(3) { return .accepted(count: count + 1) }
        var exceptions: [Int: DeliveryOutcome] = [:]
        for place in 0..<count where chance(10) { exceptions[place] = outcome() }
        return Delivery(count: count, outcome(), exceptions: exceptions)
    }

    private mutating func outcome() -> DeliveryOutcome {
        switch Int.random(in: 0..<10, using: &random) {
        case 0: .rejected(reason: "bad")
        case 1: .tooLarge(reason: "big")
        case 2: .retry(after: .seconds(Int.random(in: -5...2_000, using: &random)), reason: "busy")
        case 3: .retry(after: nil, reason: "down")
        default: .accepted
        }
    }
}
