import Exposition
import TestSupport
import Testing

@testable import ExporterKit

/// What is told of each collection, and what waits for those who are told.
@Suite(.timeLimit(.minutes(5)))
struct CollectionHookTests {
    @Test func nextCollectionWaitsForTheHook() async throws {
        let gate = Gate()
        let fixture = SchedulerFixture(hook: { _ in await gate.wait() })
        try await fixture.run {
            fixture.start("a") { $0.gauge("x", "", 1) }
            try await until { fixture.log.count("a") == 1 }
            for _ in 0..<4 { try await fixture.advance(by: .seconds(15)) }
            #expect(fixture.log.count("a") == 1)
            gate.open()
            try await fixture.idle()
            #expect(fixture.scheduler.status.skipped == 4)
            try await fixture.advance(by: .seconds(15))
            try await fixture.ended("a", 2)
        }
    }

    @Test func hookHoldsBackOnlyItsOwnExporter() async throws {
        let gate = Gate()
        let fixture = SchedulerFixture(concurrency: 1, hook: { if $0.id.key == "held" { await gate.wait() } })
        try await fixture.run {
            fixture.start("held") { $0.gauge("x", "", 1) }
            try await until { fixture.log.count("held") == 1 }
            fixture.start("free") { $0.gauge("x", "", 1) }
            for count in 1...3 {
                // The next one is due only after this one is over.
                try await until { fixture.log.count("free") == count && fixture.scheduler.status.running == 1 }
                try await fixture.advance(by: .seconds(15))
            }
            #expect(fixture.log.count("held") == 1)
            #expect(fixture.scheduler.status.running >= 1, "what is held back is still out")
            gate.open()
        }
    }

    @Test func firstCollectionIsOverBeforeTheHookIs() async throws {
        let gate = Gate()
        let fixture = SchedulerFixture(hook: { _ in await gate.wait() })
        try await fixture.run {
            let id = fixture.start("a") { $0.gauge("x", "", 1) }
            #expect(await fixture.scheduler.firstCollection(of: id))
            #expect(fixture.page().contains("x 1"))
            gate.open()
        }
    }

    @Test func hookOfATimeoutIsCalledAtOnceAndWaitedFor() async throws {
        let (mute, gate) = (Gate(), Gate())
        let starts = Shared(0)
        let fixture = SchedulerFixture(hook: { _ in await gate.wait() })
        try await fixture.run {
            fixture.start("mute") { _ in
                starts.withLock { $0 += 1 }
                await mute.wait()
            }
            try await until { starts.withLock { $0 } == 1 }
            try await fixture.advance(by: .seconds(10))
            try await until { fixture.log.batches.map(\.error) == ["timed out after 10.0 seconds"] }
            mute.open()
            for _ in 0..<3 { try await fixture.advance(by: .seconds(15)) }
            #expect(starts.withLock { $0 } == 1, "it is not run again before the hook has returned")
            gate.open()
            try await until { fixture.scheduler.status.hung == 0 }
            try await fixture.advance(by: .seconds(15))
            try await fixture.ended("mute", 2)
        }
    }

    @Test func stopEndsTheWaitOfTheHook() async throws {
        let cancelled = Shared(0)
        let fixture = SchedulerFixture(hook: { _ in
            try? await untilCancelled()
            cancelled.withLock { $0 += 1 }
        })
        let mute = Gate()
        try await fixture.run {
            let well = fixture.start("well") { $0.gauge("x", "", 1) }
            let hung = fixture.start("hung") { _ in await mute.wait() }
            try await until { fixture.log.count("well") == 1 }
            try await fixture.advance(by: .seconds(10))
            try await until { fixture.log.count("hung") == 1 }
            await fixture.scheduler.stop(well)
            #expect(cancelled.withLock { $0 } == 1)
            let stop = Task { await fixture.scheduler.stop(hung) }
            try await until { cancelled.withLock { $0 } == 2 }
            mute.open()
            await stop.value
        }
        #expect(fixture.log.batches.count == 2)
    }

    @Test func endOfTheRunEndsTheWaitOfTheHook() async throws {
        let cancelled = Shared(0)
        let fixture = SchedulerFixture(hook: { _ in
            try? await untilCancelled()
            cancelled.withLock { $0 += 1 }
        })
        let mute = Gate()
        try await fixture.run {
            fixture.start("well") { $0.gauge("x", "", 1) }
            fixture.start("hung") { _ in await mute.wait() }
            try await until { fixture.log.count("well") == 1 }
            try await fixture.advance(by: .seconds(10))
            try await until { fixture.log.count("hung") == 1 }
            mute.open()
        }
        #expect(cancelled.withLock { $0 } == 2)
    }

    @Test func batchSaysWhatIsMissingAndHowLongItIsShown() async throws {
        let fixture = SchedulerFixture()
        let settings = try CollectionSettings(interval: .seconds(10), staleAfter: .seconds(70), sampleLimit: 9)
        try await fixture.run {
            fixture.start("whole", settings: settings) { $0.gauge("x", "", 1) }
            fixture.start("half") { batch in
                batch.gauge("x", "", 1)
                await batch.part("y") { _ in throw CancellationError() }
            }
            fixture.start("failed") { _ in throw CancellationError() }
            try await until { fixture.log.batches.count == 3 }
        }
        let batches = Dictionary(fixture.log.batches.map { ($0.id.key, $0) }) { first, _ in first }
        #expect(batches.mapValues(\.isPartial) == ["whole": false, "half": true, "failed": false])
        #expect(batches["failed"]?.error != nil && batches["half"]?.error == nil)
        #expect(batches["whole"]?.staleAfter == .seconds(70) && batches["whole"]?.sampleLimit == 9)
        #expect(batches["half"]?.families.map(\.name) == ["x"])
    }
}
