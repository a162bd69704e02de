import ExporterKit
import ExportingModules
import Exposition
import Logging
import Synchronization
import TestSupport

@testable import Delivery

/// A hub on a clock that a test moves.
final class HubFixture: Sendable {
    static let origin = Duration.seconds(1_000_000)

    let clock = ManualClock()
    let time: TimeSource
    let folder: TemporaryFolder
    let metrics = SelfMetrics()
    let hub: ModuleHub
    private let capture = LogCapture()

    /// What was logged: the level, the module and the message, with the error if there is one.
    var lines: [String] {
        capture.lines.map { line in
            let error = line.metadata["error"].map { ": \($0)" } ?? ""
            return "\(line.level) \(line.metadata["module"] ?? "-") \(line.message)\(error)"
        }
    }

    /// - Parameter entries: Makes the modules in a folder.
    init(drain: Duration = .seconds(5), _ entries: (TemporaryFolder) -> [ModuleEntry]) throws {
        let clock = clock
        time = TimeSource(clock: clock) { Self.origin + clock.now.offset }
        folder = try TemporaryFolder()
        hub = ModuleHub(
            series: "agent-1",
            entries: entries(folder),
            drain: drain,
            time: time,
            metrics: metrics,
            logger: capture.logger
        )
    }

    /// Runs the hub while `body` runs, then ends it.
    ///
    /// - Parameter limit: How far the clock may move at once to bring the deadlines of the end; nil lets it stand still,
    ///   where everything ends by itself. A clock that ran would be a race between the deadlines and the work.
    func run(endStepsUpTo limit: Duration? = nil, _ body: () async throws -> Void) async throws {
        let hub = hub
        let running = Task { await hub.run() }
        do {
            try await body()
        } catch {
            hub.stop()
            running.cancel()
            throw error
        }
        hub.stop()
        let ended = Shared(false)
        let waiting = Task {
            await running.value
            ended.withLock { $0 = true }
        }
        try await clock.advance(stepsUpTo: limit ?? .zero) { ended.withLock { $0 } }
        await waiting.value
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
