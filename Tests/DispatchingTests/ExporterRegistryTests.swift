import Discovery
import Dispatching
import ExporterKit
import Exposition
import Logging
import Synchronization
import TestSupport
import Testing

struct ExporterRegistryTests {
    @Test func opensCollectsAndClosesOncePerService() async throws {
        try await withRegistry { world in
            world.catalog.set(["a", "b", "c"])
            try await waitUntil("all are up") { world.store.vitals().count { $0.up } == 3 }
            world.catalog.set(["a", "c"])
            world.dispatcher.refresh()
            try await waitUntil("b is closed") { world.registry.counts.closed == 1 }
            #expect(world.store.vitals().map(\.labels["name"]) == ["a", "c"])
        }
    }

    @Test func aFailingSetupIsRetriedAndHurtsNobodyElse() async throws {
        try await withRegistry { world in
            world.plans.set("bad", .init(setUpFailures: 2))
            world.catalog.set(["bad", "good1", "good2", "good3"])
            try await waitUntil("bad is up in the third attempt") { world.store.vitals().count { $0.up } == 4 }
            #expect(world.registry.counts.failedSetups == 2)
        }
    }

    @Test func aHungSetupIsLeftAloneAndClosedWhenItComesBack() async throws {
        let gate = Gate()
        try await withRegistry { world in
            world.plans.set("hung", .init(setUpGate: gate))
            world.catalog.set(["hung", "good1", "good2", "good3"])
            try await waitUntil("the others are up") { world.store.vitals().count { $0.up } == 3 }
            try await waitUntil("it is given up") { world.registry.counts.abandonedSetups > 0 }
            let status = world.dispatcher.status().services.first { $0.service.key.name == "hung" }
            #expect(status?.lastError?.contains("longer than") == true)
            world.plans.set("hung", .init())
            gate.open()
            try await waitUntil("it is up after all") { world.store.vitals().count { $0.up } == 4 }
        }
    }

    @Test func aReplacementTakesOverWithoutAGap() async throws {
        try await withRegistry { world in
            world.catalog.set(["a", "b", "c"])
            try await waitUntil("all are up") { world.store.vitals().count { $0.up } == 3 }
            let watcher = Task {
                var pages = 0
                while !Task.isCancelled {
                    let count = world.store.sections().count { $0.id.contains("a@") && !$0.families.isEmpty }
                    if count != 1 { return -1 }
                    pages += 1
                    await Task.yield()
                }
                return pages
            }
            for version in 1...20 {
                world.catalog.set(["a", "b", "c"], hashes: ["a": "a\(version)"])
                world.dispatcher.refresh()
                try await waitUntil("version \(version) has taken over") {
                    world.dispatcher.status().services.first?.liveHash == ServiceHash("a\(version)")
                }
            }
            watcher.cancel()
            #expect(await watcher.value > 0)
            try await waitUntil("the older ones are closed") { world.registry.counts.closed == 20 }
        }
    }

    @Test func aReplacementThatDoesNotReachItsServiceLeavesTheOlderOne() async throws {
        try await withRegistry { world in
            world.catalog.set(["a", "b", "c"])
            try await waitUntil("all are up") { world.store.vitals().count { $0.up } == 3 }
            world.plans.set("a", .init(collectFails: true))
            world.catalog.set(["a", "b", "c"], hashes: ["a": "new"])
            world.dispatcher.refresh()
            try await waitUntil("the new one has failed") { world.dispatcher.status().services[0].failures > 0 }
            #expect(world.dispatcher.status().services[0].liveHash == ServiceHash("a"))
            #expect(world.dispatcher.status().services[0].lastError?.contains("refused") == true)
            #expect(world.store.vitals().first?.up == true)
        }
    }

    @Test func aSlowCloseDelaysNoOtherAndIsLeftAlone() async throws {
        let gate = Gate()
        try await withRegistry { world in
            world.plans.set("slow", .init(closeGate: gate))
            world.catalog.set(["slow", "b", "c", "d"])
            try await waitUntil("all are up") { world.store.vitals().count { $0.up } == 4 }
            world.catalog.set(["c", "d"])
            world.dispatcher.refresh()
            try await waitUntil("b is closed, slow is given up") {
                world.registry.counts.closed == 1 && world.registry.counts.abandonedCloses == 1
            }
            gate.open()
            try await waitUntil("slow is closed after all") { world.registry.counts.closed == 2 }
        }
    }

    @Test func labelsChangeInPlace() async throws {
        try await withRegistry { world in
            world.catalog.set(["a"])
            try await waitUntil("it is up") { world.store.vitals().count { $0.up } == 1 }
            world.catalog.set(["a"], labels: ["team": "blue"])
            world.dispatcher.refresh()
            try await waitUntil("the page shows the label") {
                world.store.sections().first.map { section in
                    section.families.contains { String(decoding: $0.body, as: UTF8.self).contains("team=\"blue\"") }
                } ?? false
            }
            #expect(world.registry.counts.created == 1)
        }
    }

    @Test func anExporterCanBeRegisteredByHand() async throws {
        let store = SnapshotStore()
        let scheduler = CollectionScheduler(store: store)
        let registry = ExporterRegistry(scheduler: scheduler, store: store, logger: .silent) { _ in
            throw Refused()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await scheduler.run() }
            let exporter = BaseExporter(collectors: [ClosureCollector("one") { $0.gauge("one", "One.", 1) }])
            try await registry.register(exporter, key: "mine", labels: ["service": "mine"])
            _ = await scheduler.firstCollection(of: ExporterID(key: "mine"))
            #expect(store.sections().map(\.id) == ["mine"])
            await #expect(throws: ExporterRegistryError.self) {
                try await registry.register(BaseExporter(collectors: []), key: "mine", labels: [:])
            }
            await registry.unregister(key: "mine")
            #expect(store.sections().isEmpty)
            #expect(registry.counts.created == 1 && registry.counts.closed == 1)
            group.cancelAll()
        }
    }

    @Test func setupsOfOneServiceThatHangDoNotPileUp() async throws {
        let gate = Gate()
        try await withRegistry { world in
            world.plans.set("hung", .init(setUpGate: gate))
            world.catalog.set(["hung", "good1", "good2", "good3"])
            try await waitUntil("no more are begun") {
                let status = world.dispatcher.status().services.first { $0.service.key.name == "hung" }
                return status?.lastError?.contains("have not come back") == true
            }
            #expect(world.registry.counts.abandonedSetups == 2)
            gate.open()
        }
    }

    @Test func everythingIsClosedAndReportedWhenTheRegistryIsCancelledBesideTheDispatcher() async throws {
        let world = try ExporterRegistryWorld()
        world.catalog.set(["a", "b", "c"])
        await withTaskGroup(of: Void.self) { outer in
            outer.addTask { await world.scheduler.run() }
            await withTaskGroup(of: Void.self) { inner in
                inner.addTask { await world.dispatcher.run() }
                inner.addTask { await world.registry.run(world.dispatcher) }
                try? await waitUntil("all are up") { world.store.vitals().count { $0.up } == 3 }
                inner.cancelAll()
            }
            outer.cancelAll()
        }
        let counts = world.registry.counts
        #expect(counts.created == 3 && counts.closed == 3 && counts.open == 0)
        #expect(world.dispatcher.status().services.isEmpty)
    }
}
