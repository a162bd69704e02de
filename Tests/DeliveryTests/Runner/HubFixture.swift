import ExporterKit
import ExportingModules
import Exposition
import Logging
import Synchronization
import TestSupport

@testable import Delivery

/// A hub on a clock that a test moves.
final class HubFixture: Sendable {
    /// The lines that were logged.
    struct Lines: LogHandler {
        final class Store: Sendable {
            let lines = Mutex([String]())
        }

        let store: Store
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let module = event.metadata?["module"].map { "\($0)" } ?? "-"
            let error = event.metadata?["error"].map { ": \($0)" } ?? ""
            store.lines.withLock { $0.append("\(event.level) \(module) \(event.message)\(error)") }
        }
    }

    static let origin = Duration.seconds(1_000_000)

    let clock = ManualClock()
    let time: TimeSource
    let folder: TemporaryFolder
    let metrics = SelfMetrics()
    let hub: ModuleHub
    private let store = Lines.Store()

    var lines: [String] { store.lines.withLock { $0 } }

    /// - Parameter entries: Makes the modules in a folder.
    init(drain: Duration = .seconds(5), _ entries: (TemporaryFolder) -> [ModuleEntry]) throws {
        let clock = clock
        time = TimeSource(clock: clock) { Self.origin + clock.now.offset }
        folder = try TemporaryFolder()
        let store = store
        hub = ModuleHub(
            series: "agent-1",
            entries: entries(folder),
            drain: drain,
            time: time,
            metrics: metrics,
            logger: Logger(label: "test") { _ in Lines(store: store) }
        )
    }

    /// Runs the hub while `body` runs, then ends it; the clock runs on until it has ended.
    func run(_ body: () async throws -> Void) async throws {
        let hub = hub
        let running = Task { await hub.run() }
        let ended = Shared(false)
        do {
            try await body()
        } catch {
            hub.stop()
            running.cancel()
            throw error
        }
        hub.stop()
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                await running.value
                ended.withLock { $0 = true }
            }
            while !ended.withLock({ $0 }) {
                clock.advance(by: .milliseconds(500))
                try await Task.sleep(for: .milliseconds(1))
            }
            try await group.waitForAll()
        }
    }

    /// Lets `count` samples with these values come, as one collection.
    func take(
        _ values: [Double],
        key: String = "orders",
        collector: String = "main",
        _ completeness: CollectedSamples.Completeness = .whole
    ) async {
        await hub.take(Self.collection(values, key: key, collector: collector, completeness))
    }

    static func collection(
        _ values: [Double],
        key: String = "orders",
        collector: String = "main",
        _ completeness: CollectedSamples.Completeness = .whole
    ) -> CollectedSamples {
        CollectedSamples(
            id: ExporterID(key: key, generation: 1),
            collector: collector,
            service: key,
            time: 5_000,
            samples: values.map {
                Sample(name: "x", service: key, labels: ["n": "\($0)"], value: $0, timestamp: 5_000)
            },
            completeness: completeness,
            staleAfter: .seconds(30)
        )
    }

    static func alert(_ id: String) -> Alert {
        Alert(id: id, state: .firing, status: .up, stat: "x", service: "orders", value: 1, probability: 0, start: 0)
    }

    func status(_ name: String) -> ModuleStatus? { hub.status().first { $0.name == name } }
}
