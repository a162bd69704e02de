import Exposition
import Synchronization
import TestSupport
import Testing

@testable import ExporterKit

@Suite(.timeLimit(.minutes(5)))
struct CollectionSchedulerTests {
    @Test func firstCollectionBeginsAtOnceAndLaterOnesKeepThePhase() async throws {
        let fixture = SchedulerFixture()
        try await fixture.run {
            fixture.start("a") { $0.gauge("x", "", 1) }
            try await fixture.ended("a", 1)
            #expect(fixture.log.times("a") == [.seconds(1_000_000)])
            for count in 2...5 {
                // Small steps, so that the collection begins close to its point of time.
                while fixture.log.count("a") < count {
                    try await fixture.advance(by: .milliseconds(500))
                    try await fixture.idle()
                }
            }
        }
        let times = fixture.log.times("a").map(\.seconds)
        let offset = Double(PhaseOffset.nanoseconds(key: "a", seed: 0, interval: 15_000_000_000)) / 1e9
        for time in times.dropFirst() {
            let phase = (time - offset).truncatingRemainder(dividingBy: 15)
            #expect(phase >= 0 && phase < 0.5)
        }
        #expect(zip(times.dropFirst(), times.dropFirst(2)).allSatisfy { $1 - $0 == 15 })
    }

    @Test func phaseIsTheSameAfterARestartAtAnyTime() async throws {
        var phases: [Double] = []
        for origin in [1_000_000.0, 1_000_003.7, 2_345_678.9] {
            let fixture = SchedulerFixture(origin: .seconds(origin))
            try await fixture.run {
                fixture.start("a") { _ in }
                try await fixture.ended("a", 1)
                while fixture.log.count("a") < 2 {
                    try await fixture.advance(by: .milliseconds(100))
                    try await fixture.idle()
                }
            }
            phases.append(fixture.log.times("a")[1].seconds.truncatingRemainder(dividingBy: 15))
        }
        #expect(phases.allSatisfy { abs($0 - phases[0]) < 0.11 })
    }

    @Test func collectionsOfOneCollectorNeverOverlapAndMissedOnesAreSkipped() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        let starts = Shared(0)
        try await fixture.run {
            fixture.start("slow", timeout: .seconds(1_000)) { _ in
                starts.withLock { $0 += 1 }
                await gate.wait()
            }
            try await until { starts.withLock { $0 } == 1 }
            for _ in 0..<20 { try await fixture.advance(by: .seconds(15)) }
            #expect(starts.withLock { $0 } == 1)
            #expect(fixture.scheduler.status.running == 1)
            gate.open()
            try await fixture.ended("slow", 1)
            #expect(fixture.scheduler.status.skipped == 20)
            try await fixture.advance(by: .seconds(15))
            try await fixture.ended("slow", 2)
            #expect(starts.withLock { $0 } == 2)
        }
    }

    @Test func timeoutCancelsTheCollectionAndCountsItAsFailed() async throws {
        let fixture = SchedulerFixture()
        let cancelled = Gate()
        try await fixture.run {
            let id = fixture.start("mute") { _ in
                do { try await untilCancelled() } catch { cancelled.open() }
                throw CancellationError()
            }
            try await until { fixture.scheduler.status.running == 1 }
            try await fixture.advance(by: .seconds(10))
            await cancelled.wait()
            try await until { fixture.scheduler.status.hung == 0 }
            let health = try #require(fixture.store.health(of: id))
            #expect(!health.up)
            #expect(health.errorCount == 1)
            #expect(health.lastError == "timed out after 10.0 seconds")
            #expect(health.lastDuration == .seconds(10))
            #expect(health.collectors.map(\.isHung) == [false])
            #expect(fixture.log.batches.map(\.error) == ["timed out after 10.0 seconds"])
            let families = fixture.metrics.families()
            let counts = families.first { $0.name == "muster_collections_total" }?.metrics ?? []
            #expect(counts.first { $0.labels == ["result": "timeout"] }?.value == .number(1))
        }
    }

    @Test func hungCollectionDelaysNoOtherAndItsCollectorWaitsUntilItIsBack() async throws {
        let fixture = SchedulerFixture(concurrency: 1)
        let gate = Gate()
        let starts = Shared(0)
        try await fixture.run {
            let hung = fixture.start("hung") { batch in
                starts.withLock { $0 += 1 }
                await gate.wait()
                batch.gauge("late", "", 1)
            }
            try await until { starts.withLock { $0 } == 1 }
            fixture.start("well") { $0.gauge("x", "", 1) }
            #expect(fixture.log.count("well") == 0)
            try await fixture.advance(by: .seconds(10))
            try await fixture.ended("well", 1)
            #expect(fixture.store.health("hung")?.collectors.first?.isHung == false)
            try await fixture.advance(by: .seconds(5))
            try await fixture.idle()
            let health = try #require(fixture.store.health("hung"))
            #expect(health.collectors.first?.isHung == true)
            #expect(!health.up)
            for count in 2...4 {
                try await fixture.advance(by: .seconds(15))
                try await fixture.ended("well", count)
            }
            #expect(starts.withLock { $0 } == 1)
            #expect(fixture.scheduler.status.hung == 1)
            gate.open()
            try await until { fixture.scheduler.status.hung == 0 }
            #expect(!fixture.page().contains("late"), "what came too late counts for nothing")
            #expect(fixture.store.health("hung")?.collectors.first?.isHung == false)
            try await fixture.advance(by: .seconds(15))
            try await fixture.ended("hung", 2)
            #expect(starts.withLock { $0 } == 2)
            #expect(fixture.store.health(of: hung)?.up == true)
            #expect(fixture.page().contains("late"))
        }
    }

    @Test func onlySoManyCollectionsRunAndTheOthersFollowInOrder() async throws {
        let fixture = SchedulerFixture(concurrency: 3)
        let gate = Gate()
        let state = Shared((running: 0, most: 0, order: [Int]()))
        try await fixture.run {
            for number in 0..<20 {
                fixture.start("\(number)") { _ in
                    state.withLock { state in
                        state.running += 1
                        state.most = max(state.most, state.running)
                        state.order.append(number)
                    }
                    await gate.wait()
                    state.withLock { $0.running -= 1 }
                }
            }
            try await until { state.withLock { $0.running } == 3 }
            #expect(fixture.scheduler.status.queued == 17)
            gate.open()
            try await until { fixture.log.batches.count == 20 }
            try await fixture.idle()
            #expect(state.withLock { $0.most } == 3)
            // Of those before one, all but two have ended when it begins. A thread may let others overtake it.
            for (place, number) in state.withLock({ $0.order }).enumerated() { #expect(place >= number - 2) }
        }
    }

    @Test(arguments: [true, false])
    func collectorsOfAnExclusiveExporterRunOneAfterAnother(exclusive: Bool) async throws {
        let fixture = SchedulerFixture()
        let state = Shared((running: 0, most: 0))
        let gate = Gate()
        try await fixture.run {
            let collectors = (0..<4).map { number in
                ClosureCollector("\(number)") { _ in
                    state.withLock { $0 = ($0.running + 1, max($0.most, $0.running + 1)) }
                    if !exclusive { await gate.wait() }
                    await Task.yield()
                    state.withLock { $0.running -= 1 }
                }
            }
            let id = ExporterID(key: "a")
            fixture.scheduler.start(id, collectors: collectors, settings: .standard, labels: [:], exclusive: exclusive)
            if !exclusive {
                try await until { state.withLock { $0.running } == 4 }
                gate.open()
            }
            #expect(await fixture.scheduler.firstCollection(of: id))
            try await fixture.idle()
            #expect(state.withLock { $0.most } == (exclusive ? 1 : 4))
            #expect(fixture.log.count("a") == 4)
        }
    }

    @Test func stopCancelsWhatRunsAndWaitsForIt() async throws {
        let fixture = SchedulerFixture()
        let over = Gate()
        let isOver = Shared(false)
        try await fixture.run {
            let id = fixture.start("a") { _ in
                try? await untilCancelled()
                await over.wait()
                isOver.withLock { $0 = true }
            }
            try await until { fixture.scheduler.status.running == 1 }
            let first = Task { await fixture.scheduler.firstCollection(of: id) }
            let stops = (0..<2).map { _ in Task { await fixture.scheduler.stop(id) } }
            try await until { fixture.store.health(of: id) == nil }
            over.open()
            for stop in stops { await stop.value }
            #expect(isOver.withLock { $0 })
            #expect(await first.value == false)
            #expect(fixture.log.batches.isEmpty, "what was cut off is announced to nobody")
            #expect(fixture.scheduler.status.exporters == 0)
            await fixture.scheduler.stop(id)
            #expect(await fixture.scheduler.firstCollection(of: id) == false)
        }
    }

    @Test func stopDoesNotWaitLongForAHungCollection() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        try await fixture.run {
            let id = fixture.start("a") { _ in await gate.wait() }
            try await until { fixture.scheduler.status.running == 1 }
            let stop = Task { await fixture.scheduler.stop(id) }
            try await until { fixture.store.health(of: id) == nil }
            try await until { fixture.scheduler.state.withLock { $0.members[id]?.isStopping ?? false } }
            try await fixture.advance(by: .seconds(5))
            await stop.value
            #expect(fixture.scheduler.status.exporters == 0)
            // The same service comes back while the old collection still hangs.
            let next = fixture.start("a", generation: 1) { $0.gauge("x", "", 1) }
            #expect(await fixture.scheduler.firstCollection(of: next))
            gate.open()
        }
    }

    @Test func endOfTheRunWaitsForAHungCollectionWithinTheGraceOnly() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        let running = Task { await fixture.scheduler.run() }
        let id = fixture.start("a") { _ in await gate.wait() }
        try await until { fixture.scheduler.status.running == 1 }
        let first = Task { await fixture.scheduler.firstCollection(of: id) }
        try await until { fixture.scheduler.state.withLock { $0.members[id]?.firstWaiters.count } == 1 }
        running.cancel()
        #expect(await first.value == false)
        try await until { fixture.scheduler.state.withLock { $0.drained != nil } }
        try await fixture.clock.sleepers(atLeast: 1)
        fixture.clock.advance(by: .seconds(5))
        await running.value
        #expect(fixture.start("b") { _ in }.key == "b")
        #expect(fixture.scheduler.status.exporters == 0, "nothing is started after the end")
        await fixture.scheduler.stop(id)
        gate.open()
    }

    @Test func otherLabelsShowAtOnce() async throws {
        let fixture = SchedulerFixture()
        try await fixture.run {
            let id = fixture.start("a", labels: ["env": "test"]) { $0.gauge("x", "", 1) }
            try await fixture.ended("a", 1)
            #expect(fixture.page().contains(#"x{env="test"} 1"#))
            fixture.scheduler.update(id, labels: ["env": "prod"])
            try await fixture.ended("a", 2)
            #expect(fixture.page().contains(#"x{env="prod"} 1"#))
            #expect(!fixture.page().contains("test"))
            fixture.scheduler.update(id, labels: ["env": "prod"])
            try await fixture.idle()
            #expect(fixture.log.count("a") == 2, "labels that are the same cost nothing")
            #expect(fixture.log.batches.last?.labels == ["env": "prod"])
        }
    }

    @Test func labelsThatChangeDuringACollectionCauseAnother() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        try await fixture.run {
            let id = fixture.start("a", labels: ["v": "1"]) { batch in
                await gate.wait()
                batch.gauge("x", "", 1)
            }
            try await until { fixture.scheduler.status.running == 1 }
            fixture.scheduler.update(id, labels: ["v": "2"])
            gate.open()
            try await fixture.ended("a", 2)
            #expect(fixture.page().contains(#"x{v="2"} 1"#))
        }
    }

    @Test func collectNowCollectsOnceHoweverOftenItIsAsked() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        try await fixture.run {
            let id = fixture.start("a") { _ in await gate.wait() }
            try await until { fixture.scheduler.status.running == 1 }
            for _ in 0..<1_000 { fixture.scheduler.collectNow(id) }
            gate.open()
            try await fixture.ended("a", 2)
            #expect(fixture.log.count("a") == 2)
            for _ in 0..<1_000 { fixture.scheduler.collectNow(ExporterID(key: "unknown")) }
        }
    }

    @Test func firstCollectionTellsWhetherTheServiceWasReached() async throws {
        struct Refused: Error {}
        let fixture = SchedulerFixture()
        try await fixture.run {
            let dead = fixture.start("dead") { _ in throw Refused() }
            #expect(await fixture.scheduler.firstCollection(of: dead) == false)
            let wrongQuery = fixture.start("wrong") { batch in
                await batch.part("good") { $0.gauge("x", "", 1) }
                await batch.part("bad") { _ in throw Refused() }
            }
            #expect(await fixture.scheduler.firstCollection(of: wrongQuery))
            let onlyWrong = fixture.start("only wrong") { batch in
                await batch.part("bad") { _ in throw Refused() }
                batch.serviceAnswered = true
            }
            #expect(await fixture.scheduler.firstCollection(of: onlyWrong))
            let empty = ExporterID(key: "empty")
            fixture.scheduler.start(empty, collectors: [], settings: .standard, labels: [:])
            #expect(await fixture.scheduler.firstCollection(of: empty))
            await fixture.scheduler.stop(empty)
        }
    }

    @Test func cancelledWaitForTheFirstCollectionEnds() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        try await fixture.run {
            let id = fixture.start("a") { _ in await gate.wait() }
            let wait = Task { await fixture.scheduler.firstCollection(of: id) }
            try await until { fixture.scheduler.state.withLock { $0.members[id]?.firstWaiters.count } == 1 }
            wait.cancel()
            #expect(await wait.value == false)
            let late = Task {
                withUnsafeCurrentTask { $0?.cancel() }
                return await fixture.scheduler.firstCollection(of: id)
            }
            #expect(await late.value == false)
            gate.open()
        }
    }

    @Test func firstCollectionDoesNotWaitForThoseBehindAHungOne() async throws {
        let fixture = SchedulerFixture()
        let gate = Gate()
        try await fixture.run {
            let id = ExporterID(key: "a")
            let collectors = [
                ClosureCollector("hung") { _ in await gate.wait() },
                ClosureCollector("behind") { $0.gauge("x", "", 1) },
            ]
            fixture.scheduler.start(id, collectors: collectors, settings: .standard, labels: [:])
            try await until { fixture.scheduler.status.running == 1 }
            async let first = fixture.scheduler.firstCollection(of: id)
            try await fixture.advance(by: .seconds(10))
            try await fixture.advance(by: .seconds(5))
            #expect(await first == false)
            gate.open()
            try await fixture.ended("a", 2)
            #expect(fixture.store.health(of: id)?.up == true)
        }
    }

    @Test func nothingIsCollectedBeforeTheRun() async throws {
        let fixture = SchedulerFixture()
        fixture.start("a") { $0.gauge("x", "", 1) }
        #expect(fixture.scheduler.status.queued == 1)
        await fixture.scheduler.stop(ExporterID(key: "a"))
        fixture.start("b") { $0.gauge("x", "", 1) }
        try await fixture.run { try await fixture.ended("b", 1) }
        #expect(fixture.log.count("a") == 0)
        await fixture.scheduler.run()
    }
}
