import TestSupport
import Testing

@testable import ExporterKit

/// Drives a schedule at random and checks what must always hold.
struct ScheduleModelTests {
    private struct CollectorID: Hashable {
        var exporter: ExporterID
        var index: Int
    }

    private final class Problems {
        var texts: [String] = []
    }

    private struct Model {
        enum Phase: Equatable { case running(deadline: Int64), claimed, released, expired(hangs: Int64), hung }

        let limit: Int
        let grace: Int64 = 50
        var now: Int64 = 0
        var plans: [ExporterID: [Schedule.Plan]] = [:]
        var exclusive: Set<ExporterID> = []
        var out: [Schedule.Run: Phase] = [:]
        var stopping: [ExporterID: Int64] = [:]
        var lastStart: [CollectorID: Int64] = [:]
        var starts = 0
        let problems = Problems()

        func require(_ fact: Bool, _ message: @autoclosure () -> String) {
            if !fact, problems.texts.count < 5 { problems.texts.append("at \(now): \(message())") }
        }

        mutating func apply(_ actions: [Schedule.Action]) {
            for action in actions {
                switch action {
                case .start(let run): start(run)
                case .cancel(let run):
                    require(out[run] != nil && stopping[run.exporter] != nil, "cancelled for no reason: \(run)")
                case .expire(let run):
                    guard case .running(let deadline) = out[run] else { return require(false, "expired: \(run)") }
                    require(deadline <= now, "expired early: \(run)")
                    out[run] = .expired(hangs: now + grace)
                case .hang(let run):
                    guard case .expired(let hangs) = out[run] else { return require(false, "hangs: \(run)") }
                    require(hangs <= now, "hangs early: \(run)")
                    out[run] = .hung
                case .stopped(let id):
                    let isOver = !out.keys.contains { $0.exporter == id }
                    require(stopping[id].map { isOver || $0 + grace <= now } ?? false, "stopped too early: \(id)")
                    stopping[id] = nil
                    plans[id] = nil
                    for run in out.keys where run.exporter == id { out[run] = nil }
                }
            }
            checkAll()
        }

        mutating func start(_ run: Schedule.Run) {
            starts += 1
            let same = out.keys.contains { $0.exporter == run.exporter && $0.collector == run.collector }
            require(!same, "overlaps itself: \(run)")
            let other = exclusive.contains(run.exporter) && out.keys.contains { $0.exporter == run.exporter }
            require(!other, "runs beside another of its exclusive exporter: \(run)")
            require(stopping[run.exporter] == nil, "started while stopping: \(run)")
            guard let plan = plans[run.exporter]?[run.collector] else { return require(false, "unknown: \(run)") }
            out[run] = .running(deadline: now + plan.timeout)
            lastStart[CollectorID(exporter: run.exporter, index: run.collector)] = now
        }

        mutating func checkAll() {
            var running = 0
            for (run, phase) in out {
                switch phase {
                case .running(let deadline):
                    running += 1
                    require(deadline > now || stopping[run.exporter] != nil, "should have expired: \(run)")
                case .claimed: running += 1
                case .expired(let hangs): require(hangs > now, "should be called hung: \(run)")
                case .hung, .released: break
                }
            }
            require(running <= limit, "\(running) run, \(limit) may")
            for (id, since) in stopping { require(since + grace > now, "should have stopped: \(id)") }
        }
    }

    @Test(arguments: 0..<40)
    func invariantsHold(part: Int) {
        for round in 0..<25 {
            let seed = UInt64(part * 25 + round)
            let problems = Self.play(seed: seed)
            #expect(problems.isEmpty, "seed \(seed): \(problems)")
        }
    }

    private static func play(seed: UInt64) -> [String] {
        var random = SeededGenerator(seed: seed)
        var model = Model(limit: Int.random(in: 1...6, using: &random))
        var schedule = Schedule(limit: model.limit, seed: seed, grace: model.grace)
        let openingStep = Int.random(in: 0..<20, using: &random)
        for step in 0..<300 {
            if step == openingStep { model.apply(schedule.open(now: model.now)) }
            self.step(&schedule, &model, &random)
        }
        settle(&schedule, &model)
        return model.problems.texts
    }

    private static func step(_ schedule: inout Schedule, _ model: inout Model, _ random: inout SeededGenerator) {
        let id = ExporterID(key: "\(Int.random(in: 0..<6, using: &random))")
        switch Int.random(in: 0..<12, using: &random) {
        case 0, 1:
            guard model.plans[id] == nil else { return }
            let plans = (0..<Int.random(in: 0...4, using: &random)).map { _ in
                Schedule.Plan(
                    interval: Int64.random(in: 1...400, using: &random),
                    timeout: Int64.random(in: 1...150, using: &random)
                )
            }
            let isExclusive = Bool.random(using: &random)
            model.plans[id] = plans
            if isExclusive { model.exclusive.insert(id) } else { model.exclusive.remove(id) }
            model.apply(schedule.add(id, plans: plans, isExclusive: isExclusive, now: model.now))
        case 2:
            guard model.plans[id] != nil, model.stopping[id] == nil else { return }
            model.stopping[id] = model.now
            model.apply(schedule.remove(id, now: model.now))
        case 3:
            model.apply(schedule.collect(id, now: model.now))
        case 4...7:
            guard let run = model.out.keys.sorted(by: { $0.number < $1.number }).randomElement(using: &random) else {
                return
            }
            comeBack(run, &schedule, &model, claimsOnly: Int.random(in: 0..<4, using: &random) == 0)
        default:
            guard let next = schedule.nextEvent() else { return }
            model.now = max(model.now, next + Int64.random(in: -30...60, using: &random))
            model.apply(schedule.advance(to: model.now))
        }
        let counts = schedule.counts
        model.require(counts.exporters == model.plans.count, "\(counts.exporters) exporters, not \(model.plans.count)")
        model.require(schedule.eventCount <= 65 + 2 * (counts.collectors + counts.exporters), "events pile up")
    }

    private static func comeBack(
        _ run: Schedule.Run,
        _ schedule: inout Schedule,
        _ model: inout Model,
        claimsOnly: Bool
    ) {
        var isWanted = false
        if case .running = model.out[run], model.stopping[run.exporter] == nil { isWanted = true }
        if model.out[run] != .claimed, model.out[run] != .released {
            model.require(schedule.claim(run) == isWanted, "claim should be \(isWanted): \(run)")
            if isWanted { model.out[run] = .claimed }
            if claimsOnly, isWanted { return }
        } else if claimsOnly {
            model.out[run] = .released
            model.apply(schedule.release(run, now: model.now))
            return
        }
        model.out[run] = nil
        model.apply(schedule.finish(run, now: model.now))
    }

    /// When all collections come back at once, every collector has its turn within an interval.
    private static func settle(_ schedule: inout Schedule, _ model: inout Model) {
        func drain() {
            while let run = model.out.keys.min(by: { $0.number < $1.number }) {
                comeBack(run, &schedule, &model, claimsOnly: false)
            }
        }
        drain()
        let begin = model.now
        while let next = schedule.nextEvent(), next <= begin + 400 {
            model.now = max(model.now, next)
            model.apply(schedule.advance(to: model.now))
            drain()
        }
        for (id, plans) in model.plans where model.stopping[id] == nil {
            for index in plans.indices {
                let last = model.lastStart[CollectorID(exporter: id, index: index)] ?? -1
                model.require(last >= begin, "\(id) \(index) was forgotten")
            }
        }
        model.require(schedule.counts.running == 0 && schedule.counts.hung == 0, "something is still out")
    }
}
