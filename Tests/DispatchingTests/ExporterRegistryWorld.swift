import Discovery
import Dispatching
import ExporterKit
import Exposition
import Logging
import Synchronization
import TestSupport
import Testing

/// A dispatcher, a registry, a scheduler and a store around a catalog that a test writes.
struct ExporterRegistryWorld: Sendable {
    let catalog: TestCatalog
    let plans: TestPlans
    let store: SnapshotStore
    let dispatcher: Dispatcher
    let registry: ExporterRegistry
    let scheduler: CollectionScheduler

    init() throws {
        let store = SnapshotStore()
        let catalog = TestCatalog()
        let plans = TestPlans()
        let scheduler = CollectionScheduler(store: store)
        let settings = try CollectionSettings(interval: .milliseconds(100), timeout: .milliseconds(90))
        registry = ExporterRegistry(
            configuration: .init(
                concurrentSetups: 2,
                setupTimeout: .milliseconds(300),
                closeTimeout: .milliseconds(300)
            ),
            scheduler: scheduler,
            store: store,
            logger: .silent
        ) { service in
            (TestExporter(name: service.key.name, plans: plans), settings)
        }
        dispatcher = try Dispatcher(
            configuration: .init(
                interval: .milliseconds(100),
                maximumRemoval: 1,
                backoff: Backoff(initial: .milliseconds(10), maximum: .milliseconds(50))
            )
        ) { catalog.services }
        self.store = store
        self.catalog = catalog
        self.plans = plans
        self.scheduler = scheduler
    }
}

/// Runs a world, and afterwards checks what must hold after every shutdown: each exporter was closed exactly once.
func withRegistry(
    sourceLocation: SourceLocation = #_sourceLocation,
    _ body: (ExporterRegistryWorld) async throws -> Void
) async throws {
    let world = try ExporterRegistryWorld()
    try await withThrowingTaskGroup(of: Void.self) { outer in
        outer.addTask { await world.scheduler.run() }
        try await withThrowingTaskGroup(of: Void.self) { inner in
            inner.addTask { await world.dispatcher.run() }
            // Shielded, as in the agent: the registry ends when the dispatcher has.
            let registry = Task.detached { await world.registry.run(world.dispatcher) }
            let result: Result<Void, any Error>
            do { result = .success(try await body(world)) } catch { result = .failure(error) }
            inner.cancelAll()
            await registry.value
            try result.get()
        }
        outer.cancelAll()
    }
    try await waitUntil("every exporter that was created is closed") {
        world.registry.counts.created == world.registry.counts.closed
    }
    #expect(world.registry.counts.open == 0, sourceLocation: sourceLocation)
    #expect(world.store.sections().isEmpty, sourceLocation: sourceLocation)
}

/// The list that polls return.
final class TestCatalog: Sendable {
    private let list = Mutex<[MatchedService]>([])

    var services: [MatchedService] { list.withLock { $0 } }

    func set(_ names: [String], hashes: [String: String] = [:], labels: [String: String] = [:]) {
        let services = names.map { name in
            let service = Service(name: name, address: "10.0.0.1")
            return MatchedService(
                service: service,
                key: ServiceKey(name: name, address: "10.0.0.1"),
                hash: ServiceHash(hashes[name] ?? name),
                labels: labels.merging(["name": name]) { first, _ in first }
            )
        }
        list.withLock { $0 = services }
    }
}

/// How exporters behave, by name.
final class TestPlans: Sendable {
    struct Plan: Sendable {
        var setUpFailures = 0
        var setUpGate: Gate?
        var closeGate: Gate?
        var collectFails = false
    }

    private let plans = Mutex<[String: Plan]>([:])

    func set(_ name: String, _ plan: Plan) { plans.withLock { $0[name] = plan } }

    func plan(of name: String) -> Plan { plans.withLock { $0[name] ?? Plan() } }

    func takeFailure(of name: String) -> Bool {
        plans.withLock { plans in
            guard let left = plans[name]?.setUpFailures, left > 0 else { return false }
            plans[name]?.setUpFailures = left - 1
            return true
        }
    }
}

struct Refused: Error, CustomStringConvertible {
    var description: String { "connection refused" }
}

struct TestExporter: Exporter {
    let name: String
    let plans: TestPlans

    var collectors: [any MetricCollector] {
        let fails = plans.plan(of: name).collectFails
        return [
            ClosureCollector("test") { batch in
                if fails { throw Refused() }
                batch.gauge("test_value", "A value.", 1)
            }
        ]
    }

    func setUp() async throws {
        if plans.takeFailure(of: name) { throw Refused() }
        await plans.plan(of: name).setUpGate?.wait()
    }

    func close() async {
        await plans.plan(of: name).closeGate?.wait()
    }
}

extension Logger {
    static let silent = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
}
