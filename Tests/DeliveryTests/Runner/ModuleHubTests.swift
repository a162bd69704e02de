import ExporterKit
import ExportingModules
import Exposition
import TestSupport
import Testing

@testable import Delivery

@Suite(.timeLimit(.minutes(5)))
struct ModuleHubTests {
    @Test func modulesGetWhatTheyTakeAndWhatTheirFilterMeans() async throws {
        let (samples, alerts, some) = (PlayedModule(takes: .samples), PlayedModule(takes: .alerts), PlayedModule())
        let fixture = try HubFixture { folder in
            [
                ModuleEntry(name: "samples", module: samples, queue: PlayedQueue(folder)),
                ModuleEntry(name: "alerts", module: alerts, queue: PlayedQueue(folder)),
                ModuleEntry(
                    name: "some",
                    module: some,
                    filter: SampleFilter(service: { name, _ in name == "orders" }, series: { $0["n"] != "1.0" }),
                    queue: PlayedQueue(folder)
                ),
            ]
        }
        try await fixture.run {
            await fixture.take([1, 2])
            await fixture.take([3], key: "other")
            fixture.hub.take(alerts: [HubFixture.alert("a")], time: 7)
            try await until { samples.values.count == 3 && alerts.log.alerts.count == 1 && some.values.count == 1 }
        }
        #expect(samples.values == [1, 2, 3] && samples.log.alerts.isEmpty)
        #expect(alerts.values.isEmpty && alerts.log.alerts.map(\.id) == ["a"])
        #expect(some.values == [2])
        #expect(samples.log.series == ["agent-1"] && samples.log.closes == 1)
    }

    @Test func whatIsTakenBeforeTheRunIsKept() async throws {
        let module = PlayedModule()
        let fixture = try HubFixture { [ModuleEntry(name: "m", module: module, queue: PlayedQueue($0))] }
        await fixture.take([1])
        try await fixture.run { try await until { module.values == [1] } }
    }

    @Test func endDeliversWhatIsLeftAndTakesNothingAnyMore() async throws {
        let gate = Gate()
        let module = PlayedModule { $0.start = { await gate.wait() } }
        let fixture = try HubFixture { [ModuleEntry(name: "m", module: module, queue: PlayedQueue($0))] }
        try await fixture.run {
            await fixture.take([1, 2, 3])
            try await until { module.log.starts == 1 }
            fixture.hub.stop()
            await fixture.take([4])
            gate.open()
        }
        #expect(module.values == [1, 2, 3] && module.log.closes == 1)
        #expect(fixture.status("m")?.state == .stopped)
        #expect(fixture.status("m")?.samples.refused == RefusedCounts(stopped: 1))
    }

    @Test func cancellationOfTheRunIsAnOrderlyEndThatModulesDoNotSee() async throws {
        let module = PlayedModule()
        let fixture = try HubFixture { [ModuleEntry(name: "m", module: module, queue: PlayedQueue($0))] }
        let running = Task { await fixture.hub.run() }
        await fixture.take([1, 2])
        running.cancel()
        await running.value
        #expect(module.values == [1, 2] && module.log.closes == 1 && !module.log.wasCancelled)
        await fixture.hub.run()
        #expect(module.log.starts == 1, "a hub runs once")
    }

    @Test func receiptSaysWhetherTheQueuesHaveTheNews() async throws {
        let gate = Gate()
        let fixture = try HubFixture { folder in
            let slow = PlayedQueue(folder)
            slow.set { $0.gate = gate }
            return [
                ModuleEntry(name: "slow", module: PlayedModule(), queue: slow),
                ModuleEntry(name: "m", module: PlayedModule(), queue: PlayedQueue(folder)),
            ]
        }
        let isKept = Shared<Bool?>(nil)
        try await fixture.run {
            let receipt = fixture.hub.take(alerts: [HubFixture.alert("a")], time: 1)
            let waiting = Task {
                let kept = await receipt.isKept()
                isKept.withLock { $0 = kept }
            }
            try await until { fixture.status("m")?.alerts.counts.added == 1 }
            #expect(isKept.withLock { $0 } == nil, "one queue does not have it yet")
            let impatient = Task { await receipt.isKept() }
            impatient.cancel()
            #expect(await impatient.value == false)
            gate.open()
            await waiting.value
            #expect(isKept.withLock { $0 } == true)
            #expect(fixture.status("slow")?.alerts.counts.added == 1)
        }
        #expect(await fixture.hub.take(alerts: [HubFixture.alert("b")], time: 2).isKept() == false)
        #expect(await fixture.hub.take(alerts: [], time: 3).isKept())
    }

    @Test func flushWaitsUntilTheQueuesHaveEverything() async throws {
        let gate = Gate()
        let module = PlayedModule { $0.start = { await gate.wait() } }
        let fixture = try HubFixture { [ModuleEntry(name: "m", module: module, queue: PlayedQueue($0))] }
        try await fixture.run {
            for value in 0..<20 { await fixture.take([Double(value)]) }
            fixture.hub.take(alerts: [HubFixture.alert("a")], time: 1)
            await fixture.hub.flush()
            #expect(fixture.status("m")?.samples.counts.added == 20 && fixture.status("m")?.alerts.counts.added == 1)
            #expect(fixture.status("m")?.samples.waiting == 0)
            gate.open()
            try await until { module.values.count == 20 }
        }
    }

    @Test func filesAreOpenedAnewWhenAsked() async throws {
        let module = PlayedModule()
        let fixture = try HubFixture { [ModuleEntry(name: "m", module: module, queue: PlayedQueue($0))] }
        try await fixture.run {
            try await until { fixture.status("m")?.state == .running }
            fixture.hub.reopen()
            try await until { module.log.reopens == 1 }
        }
    }
}

// MARK: - Holding back

extension ModuleHubTests {
    private static func blocked(_ module: PlayedModule) throws -> HubFixture {
        try HubFixture { folder in
            let queue = PlayedQueue(folder, settings: QueueSettings(maximumBytes: 2_000, policy: .block))
            return [ModuleEntry(name: "m", module: module, queue: queue, settings: RunnerSettings(holdsBack: true))]
        }
    }

    @Test func fullQueueHoldsCollectionsBackUntilThereIsRoom() async throws {
        let gate = Gate()
        let module = PlayedModule(batchSize: 1) {
            $0.write = { samples in
                await gate.wait()
                return .accepted(count: samples.count)
            }
        }
        let fixture = try Self.blocked(module)
        let taken = Shared(0)
        try await fixture.run {
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask {
                    for value in 0..<100 {
                        await fixture.take([Double(value)])
                        taken.withLock { $0 += 1 }
                    }
                }
                try await until { module.log.writes == 1 && fixture.status("m")?.samples.waiting == 1 }
                // Each that has returned is in the queue, and no other.
                try await until { taken.withLock { $0 } == fixture.status("m")?.samples.counts.added }
                #expect(taken.withLock { $0 } < 100)
                gate.open()
                try await group.waitForAll()
            }
            try await until { module.values.count == 100 }
        }
        #expect(module.values == (0..<100).map(Double.init))
        #expect(fixture.status("m")?.samples.counts.dropped.total == 0)
        #expect(fixture.status("m")?.samples.refused.total == 0)
    }

    @Test func collectionThatIsHeldBackEndsWhenItsExporterStops() async throws {
        let gate = Gate()
        let module = PlayedModule { $0.start = { await gate.wait() } }
        let fixture = try Self.blocked(module)
        let taken = Shared(0)
        try await fixture.run {
            let held = Task {
                while !Task.isCancelled {
                    await fixture.take([1, 2])
                    taken.withLock { $0 += 1 }
                }
            }
            try await until { fixture.status("m")?.samples.waiting == 2 }
            held.cancel()
            await held.value
            // The last may just have found room when the exporter was stopped; whatever came is in one place.
            try await until { fixture.status("m")?.samples.waiting == 0 }
            let status = try #require(fixture.status("m")?.samples)
            #expect(status.refused.overflow == 0)
            #expect(status.counts.added + status.refused.stopped == 2 * taken.withLock { $0 })
            gate.open()
            let added = fixture.status("m")?.samples.counts.added
            try await until { fixture.status("m")?.samples.counts.delivered == added }
        }
    }

    @Test func endReleasesWhatIsHeldBack() async throws {
        let gate = Gate()
        let module = PlayedModule { $0.start = { await gate.wait() } }
        let fixture = try Self.blocked(module)
        let given = Shared(0)
        try await fixture.run(endStepsUpTo: .seconds(5)) {
            for _ in 0..<3 {
                Task {
                    for _ in 0..<50 {
                        given.withLock { $0 += 4 }
                        await fixture.take([1, 2, 3, 4])
                    }
                }
            }
            try await until { fixture.status("m")?.samples.waiting == 12 }
        }
        gate.open()
        try await until { given.withLock { $0 } == 600 }
        // The last of them may still be on its way to be counted.
        try await until {
            fixture.status("m").map { $0.samples.counts.added + $0.samples.refused.stopped == 600 } == true
        }
        #expect(fixture.status("m")?.samples.refused.stopped ?? 0 > 500)
    }
}

// MARK: - The end of series

extension ModuleHubTests {
    @Test func modulesThatAskForItAreToldWhichSeriesHaveEnded() async throws {
        let (told, other) = (PlayedModule(takesStaleness: true), PlayedModule())
        let fixture = try HubFixture { folder in
            [
                ModuleEntry(name: "told", module: told, queue: PlayedQueue(folder)),
                ModuleEntry(name: "other", module: other, queue: PlayedQueue(folder)),
            ]
        }
        try await fixture.run {
            await fixture.take([1, 2])
            await fixture.take([1])
            try await until { told.log.samples.count == 4 }
            #expect(told.log.samples.last?.isStale == true && told.log.samples.last?.labels["n"] == "2.0")
            fixture.hub.remove(ExporterID(key: "orders", generation: 1))
            try await until { told.log.samples.count == 5 }
            #expect(told.log.samples.last?.isStale == true && told.log.samples.last?.labels["n"] == "1.0")
            try await until { other.log.samples.count == 3 }
        }
        #expect(other.log.samples.allSatisfy { !$0.isStale })
    }

    @Test func seriesOfAnExporterThatHangsEndByThemselves() async throws {
        let told = PlayedModule(takesStaleness: true)
        let fixture = try HubFixture { [ModuleEntry(name: "told", module: told, queue: PlayedQueue($0))] }
        try await fixture.run {
            await fixture.take([1])
            try await until { told.log.samples.count == 1 }
            try await fixture.clock.advance(stepsUpTo: .seconds(5)) { told.log.samples.count == 2 }
            #expect(told.log.samples.last?.isStale == true)
            #expect(fixture.clock.now.offset >= .seconds(30))
        }
    }
}

// MARK: - Status

extension ModuleHubTests {
    @Test func statusAndMetricsSayWhatHasBecomeOfEverything() async throws {
        let module = PlayedModule(batchSize: 10) {
            $0.write = { samples in
                Delivery(count: samples.count, .accepted, exceptions: [0: .rejected(reason: "too\nold")])
            }
        }
        let fixture = try HubFixture { [ModuleEntry(name: "m", module: module, queue: PlayedQueue($0))] }
        try await fixture.run {
            await fixture.take([1, 2, 3])
            fixture.hub.take(alerts: [HubFixture.alert("a")], time: 1)
            try await until { fixture.status("m")?.samples.counts.backlog == 0 && module.log.alerts.count == 1 }
            try await until { fixture.status("m")?.alerts.counts.delivered == 1 && module.log.writes == 1 }
            let status = try #require(fixture.status("m"))
            #expect(status.kind == "played" && status.takes == [.samples, .alerts] && status.state == .running)
            #expect(status.samples.counts.added == 3 && status.samples.counts.delivered == 2)
            #expect(status.samples.counts.rejected == 1 && status.alerts.counts.delivered == 1)
            #expect(status.lastSuccess == HubFixture.origin && status.lastError == "1 rejected: too old")
            #expect(status.failures == 0 && status.nextAttempt == nil)
            let page = Self.page(fixture.metrics)
            for line in [
                #"muster_module_state{kind="played",module="m",state="running"} 1"#,
                #"muster_module_state{kind="played",module="m",state="hung"} 0"#,
                #"muster_module_added_total{module="m",record="samples"} 3"#,
                #"muster_module_delivered_total{module="m",record="samples"} 2"#,
                #"muster_module_delivered_total{module="m",record="alerts"} 1"#,
                #"muster_module_rejected_total{module="m",record="samples"} 1"#,
                #"muster_module_dropped_total{module="m",reason="intake",record="samples"} 0"#,
                #"muster_module_backlog_records{module="m",record="samples"} 0"#,
                #"muster_module_last_success_timestamp_seconds{module="m"} 1e+06"#,
            ] {
                #expect(page.contains(line + "\n"), "\(line)")
            }
        }
        #expect(fixture.lines.contains("warning m Records were rejected; they are in the dead letters (1): too old"))
    }

    private static func page(_ metrics: SelfMetrics) -> String {
        let snapshot = SnapshotEncoder(labels: [:]).encode(metrics.families())
        var text = ""
        let section = PageSection(id: "self", labels: [:], families: snapshot.families)
        _ = PageBuilder(format: .negotiate(accept: nil)).write([section]) {
            text += String(decoding: $0, as: UTF8.self)
        }
        return text
    }
}
