import TestSupport
import Testing

@testable import ExporterKit

struct ScheduleTests {
    private static let second: Int64 = 1_000_000_000
    private let a = ExporterID(key: "a")
    private let plan = Schedule.Plan(interval: 15 * second, timeout: 10 * second)

    /// A schedule that `#expect` may change.
    private final class Opened {
        private var schedule: Schedule

        init(limit: Int) {
            schedule = Schedule(limit: limit, grace: 5 * second)
            _ = schedule.open(now: 0)
        }

        var counts: Schedule.Counts { schedule.counts }
        var eventCount: Int { schedule.eventCount }
        var skippedCount: UInt64 { schedule.skippedCount }
        func nextEvent() -> Int64? { schedule.nextEvent() }
        func add(_ id: ExporterID, plans: [Schedule.Plan], isExclusive: Bool = true, now: Int64) -> [Schedule.Action] {
            schedule.add(id, plans: plans, isExclusive: isExclusive, now: now)
        }
        func collect(_ id: ExporterID, now: Int64) -> [Schedule.Action] { schedule.collect(id, now: now) }
        func remove(_ id: ExporterID, now: Int64) -> [Schedule.Action] { schedule.remove(id, now: now) }
        func claim(_ run: Schedule.Run) -> Bool { schedule.claim(run) }
        func finish(_ run: Schedule.Run, now: Int64) -> [Schedule.Action] { schedule.finish(run, now: now) }
        func advance(to now: Int64) -> [Schedule.Action] { schedule.advance(to: now) }
        func close() -> [Schedule.Action] { schedule.close() }
    }

    private func opened(limit: Int = 10) -> Opened {
        Opened(limit: limit)
    }

    private func runs(_ actions: [Schedule.Action]) -> [Schedule.Run] {
        actions.compactMap { if case .start(let run) = $0 { run } else { nil } }
    }

    @Test func newExporterIsDueAtOnce() throws {
        let schedule = opened()
        let run = try #require(runs(schedule.add(a, plans: [plan], now: 100)).first)
        #expect(run.exporter == a && run.collector == 0)
        #expect(schedule.nextEvent() == 100 + 10 * Self.second)
        #expect(schedule.add(a, plans: [plan], now: 100).isEmpty)
        #expect(schedule.claim(run))
        #expect(!schedule.claim(run))
        #expect(schedule.finish(run, now: 200).isEmpty)
        let offset = PhaseOffset.nanoseconds(key: "a", seed: 0, interval: plan.interval)
        #expect(schedule.nextEvent() == offset)
    }

    @Test func phaseMovesWithTheSeed() throws {
        let offsets = (0..<100).map { PhaseOffset.nanoseconds(key: "a", seed: $0, interval: plan.interval) }
        #expect(Set(offsets).count == 100)
        #expect(offsets.allSatisfy { $0 >= 0 && $0 < plan.interval })
    }

    @Test func hashIsTheOneThatOtherMachinesHave() {
        // Published values of FNV-1a, 64 bits.
        #expect(PhaseOffset.fnv1a("") == 0xCBF2_9CE4_8422_2325)
        #expect(PhaseOffset.fnv1a("a") == 0xAF63_DC4C_8601_EC8C)
        #expect(PhaseOffset.fnv1a("foobar") == 0x8594_4171_F739_67E8)
    }

    @Test(arguments: [0, 1, 0xDEAD_BEEF] as [UInt64])
    func phasesOfSimilarKeysAreSpreadEvenly(seed: UInt64) {
        var buckets = Array(repeating: 0, count: 10)
        for number in 0..<10_000 {
            let key = "pg/orders-\(number)@10.0.\(number / 256).\(number % 256):5432"
            buckets[Int(PhaseOffset.nanoseconds(key: key, seed: seed, interval: 10_000) / 1_000)] += 1
        }
        for count in buckets { #expect(abs(count - 1_000) <= 150) }
    }

    @Test func lateRunIsNotWanted() throws {
        let schedule = opened()
        let run = try #require(runs(schedule.add(a, plans: [plan], now: 0)).first)
        #expect(schedule.advance(to: 10 * Self.second) == [.expire(run)])
        #expect(schedule.counts.hung == 1 && schedule.counts.running == 0)
        #expect(!schedule.claim(run))
        #expect(schedule.advance(to: 15 * Self.second) == [.hang(run)])
        #expect(schedule.advance(to: 600 * Self.second).isEmpty)
        #expect(schedule.finish(run, now: 600 * Self.second).isEmpty)
        #expect(runs(schedule.advance(to: 615 * Self.second)).map(\.exporter) == [a])
        #expect(schedule.finish(run, now: 616 * Self.second).isEmpty, "a run is over once")
    }

    @Test func runThatWasClaimedDoesNotExpire() throws {
        let schedule = opened()
        let run = try #require(runs(schedule.add(a, plans: [plan], now: 0)).first)
        #expect(schedule.claim(run))
        #expect(schedule.advance(to: 60 * Self.second).isEmpty)
        _ = schedule.finish(run, now: 60 * Self.second)
        #expect(schedule.skippedCount == 4)
    }

    @Test func suspectsGetHalfOfThePlaces() throws {
        let schedule = opened(limit: 4)
        // 1 ns after the ticks of nobody: intervals are long, everything is asked for by hand.
        let plan = Schedule.Plan(interval: 1_000_000 * Self.second, timeout: Self.second)
        let mute = (0..<8).map { ExporterID(key: "mute \($0)") }
        var out: [Schedule.Run] = []
        for id in mute { out += runs(schedule.add(id, plans: [plan], now: 0)) }
        #expect(out.count == 4)
        out += runs(schedule.advance(to: Self.second))
        out += runs(schedule.advance(to: 2 * Self.second))
        #expect(out.count == 8)
        for run in out { _ = schedule.finish(run, now: 3 * Self.second) }
        out = []
        for id in mute { out += runs(schedule.collect(id, now: 4 * Self.second)) }
        #expect(out.count == 2)
        let well = ExporterID(key: "well")
        #expect(runs(schedule.add(well, plans: [plan], now: 4 * Self.second)).count == 1)
        // One that answers again is no suspect any more.
        #expect(schedule.claim(out[0]))
        #expect(runs(schedule.finish(out[0], now: 4 * Self.second)).map(\.exporter) == [mute[2]])
        #expect(schedule.counts.running == 3)
    }

    @Test func stoppingGivesThePlaceBackAfterTheGrace() throws {
        let schedule = opened(limit: 1)
        let long = Schedule.Plan(interval: 100 * Self.second, timeout: 100 * Self.second)
        let run = try #require(runs(schedule.add(a, plans: [long], now: 0)).first)
        let b = ExporterID(key: "b")
        #expect(schedule.add(b, plans: [long], now: 0).isEmpty)
        #expect(schedule.remove(a, now: 0) == [.cancel(run)])
        #expect(schedule.remove(a, now: 0).isEmpty)
        #expect(schedule.collect(a, now: 0).isEmpty)
        #expect(!schedule.claim(run))
        let actions = schedule.advance(to: 5 * Self.second)
        #expect(actions.first == .stopped(a))
        #expect(runs(actions).map(\.exporter) == [b])
        #expect(schedule.finish(run, now: 6 * Self.second).isEmpty)
        #expect(schedule.counts == Schedule.Counts(exporters: 1, collectors: 1, running: 1))
    }

    @Test func closedScheduleForgetsEverything() throws {
        let schedule = opened()
        let run = try #require(runs(schedule.add(a, plans: [plan, plan], now: 0)).first)
        #expect(schedule.close() == [.cancel(run), .stopped(a)])
        #expect(schedule.counts == Schedule.Counts())
        #expect(schedule.nextEvent() == nil)
        #expect(schedule.finish(run, now: 1).isEmpty)
        #expect(schedule.add(a, plans: [plan], now: 1).isEmpty, "nothing starts while it is closed")
    }

    @Test func eventsThatDoNotCountDoNotPileUp() {
        let schedule = opened(limit: 1_000)
        let plan = Schedule.Plan(interval: 86_400 * Self.second, timeout: 3_600 * Self.second)
        for generation in 0..<2_000 {
            let id = ExporterID(key: "a", generation: UInt64(generation))
            for run in runs(schedule.add(id, plans: [plan], now: 0)) {
                _ = schedule.claim(run)
                _ = schedule.finish(run, now: 0)
            }
            _ = schedule.remove(id, now: 0)
        }
        #expect(schedule.eventCount <= 70)
    }

    @Test func timesBefore1970HaveAPhaseToo() throws {
        let schedule = opened()
        let run = try #require(runs(schedule.add(a, plans: [plan], now: -1_000 * Self.second)).first)
        _ = schedule.finish(run, now: -999 * Self.second)
        let next = try #require(schedule.nextEvent())
        #expect(next > -999 * Self.second && next <= -984 * Self.second)
    }
}
