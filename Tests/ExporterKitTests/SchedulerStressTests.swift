import Exposition
import Synchronization
import TestSupport
import Testing

@testable import ExporterKit

/// Everything at once, on several threads.
@Suite(.timeLimit(.minutes(5)))
struct SchedulerStressTests {
    private struct Refused: Error {}

    /// Watches one exporter: nothing of it may overlap, nothing may begin after it was stopped.
    private final class Watch: Sendable {
        private let state = Mutex((running: 0, isStopped: false, problems: [String]()))

        var problems: [String] { state.withLock { $0.problems } }
        func stopped() { state.withLock { $0.isStopped = true } }
        func began() {
            state.withLock { state in
                if state.running > 0 { state.problems.append("overlap") }
                if state.isStopped { state.problems.append("began after the stop") }
                state.running += 1
            }
        }
        func ended() { state.withLock { $0.running -= 1 } }
    }

    private func collectors(_ watch: Watch, _ kind: Int, _ clock: ManualClock) -> [any MetricCollector] {
        (0..<2).map { number in
            ClosureCollector("\(number)", interval: .milliseconds(100 * (number + 1))) { batch in
                watch.began()
                defer { watch.ended() }
                switch kind {
                case 0: throw Refused()
                case 1: try await clock.sleep(for: .milliseconds(150))
                case 2: await Task.yield()
                default: break
                }
                await batch.part("p") { $0.gauge("x", "", 1, labels: ["collector": "\(number)"]) }
            }
        }
    }

    @Test(arguments: 0..<4 as Range<UInt64>)
    func churnLosesNothingAndOverlapsNothing(seed: UInt64) async throws {
        let fixture = SchedulerFixture(concurrency: 8, grace: .seconds(60), seed: seed)
        let settings = try CollectionSettings(interval: .milliseconds(100), timeout: .milliseconds(100))
        let watches = Shared<[Watch]>([])
        try await fixture.run {
            await withTaskGroup { group in
                for worker in 0..<4 {
                    group.addTask {
                        var random = SeededGenerator(seed: seed * 4 + UInt64(worker))
                        var open: [(ExporterID, Watch)] = []
                        for generation in 0..<150 as Range<UInt64> {
                            switch Int.random(in: 0..<5, using: &random) {
                            case 0, 1:
                                let id = ExporterID(key: "\(worker)-\(generation % 10)", generation: generation)
                                let watch = Watch()
                                watches.withLock { $0.append(watch) }
                                let kind = Int.random(in: 0..<4, using: &random)
                                let collectors = collectors(watch, kind, fixture.clock)
                                fixture.scheduler.start(id, collectors: collectors, settings: settings, labels: [:])
                                fixture.store.takeOver(id)
                                open.append((id, watch))
                                if Bool.random(using: &random) {
                                    let first = Task { await fixture.scheduler.firstCollection(of: id) }
                                    if kind > 1 { _ = await first.value } else { first.cancel() }
                                }
                            case 2 where !open.isEmpty:
                                let (id, watch) = open.remove(at: Int.random(in: 0..<open.count, using: &random))
                                await fixture.scheduler.stop(id)
                                watch.stopped()
                            case 3:
                                if let (id, _) = open.randomElement(using: &random) {
                                    fixture.scheduler.update(id, labels: ["g": "\(generation)"])
                                }
                            default:
                                _ = fixture.store.sections()
                                _ = fixture.store.vitals()
                                _ = fixture.metrics.families()
                            }
                        }
                        for (id, watch) in open {
                            await fixture.scheduler.stop(id)
                            watch.stopped()
                        }
                        return true
                    }
                }
                // Time goes on until all workers are done.
                let isOver = Shared(false)
                group.addTask {
                    while !isOver.withLock({ $0 }) {
                        fixture.clock.advance(by: .milliseconds(7))
                        await Task.yield()
                    }
                    return false
                }
                var workers = 4
                while workers > 0, await group.next() == true { workers -= 1 }
                isOver.withLock { $0 = true }
            }
            #expect(fixture.scheduler.status.exporters == 0)
            try await until { fixture.scheduler.state.withLock { $0.tasks.isEmpty } }
            #expect(
                fixture.scheduler.status
                    == SchedulerStatus(
                        exporters: 0,
                        collectors: 0,
                        running: 0,
                        queued: 0,
                        hung: 0,
                        skipped: fixture.scheduler.status.skipped
                    )
            )
        }
        #expect(watches.withLock { $0.flatMap(\.problems) }.isEmpty)
        #expect(fixture.store.sections().isEmpty)
    }

    @Test func thousandsOfExportersAreSpreadOverTheInterval() async throws {
        let fixture = SchedulerFixture()
        let settings = try CollectionSettings(interval: .seconds(10))
        let count = 2_000
        try await fixture.run {
            for number in 0..<count { fixture.start("service-\(number)", settings: settings) { $0.gauge("x", "", 1) } }
            try await until { fixture.log.batches.count >= count }
            try await fixture.idle()
            var perSecond: [Int] = []
            for _ in 0..<10 {
                let before = fixture.log.batches.count
                try await fixture.advance(by: .seconds(1))
                try await fixture.idle()
                perSecond.append(fixture.log.batches.count - before)
            }
            #expect(perSecond.reduce(0, +) == count, "each is collected once per interval")
            for number in perSecond { #expect(abs(number - count / 10) < count / 10 * 3 / 10) }
        }
    }
}
