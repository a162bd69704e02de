import ExporterKit
import Exposition

/// One group of metrics that is read from files which do not block.
protocol HostReader: Sendable {
    /// Which group.
    var name: HostCollectorName { get }

    /// Whether it comes from files of the machine, and not from calls that always succeed.
    var readsFiles: Bool { get }

    /// Reads it. Nothing at all if this machine does not have it.
    func read(from root: HostRoot) throws -> [MetricFamily]
}

extension HostReader {
    var readsFiles: Bool { true }
}

/// Everything but filesystems. One file that cannot be read costs only its group.
struct HostCollector: MetricCollector {
    let root: HostRoot
    let readers: [any HostReader]

    var name: String { "host" }

    func collect(into batch: inout MetricBatch) async throws {
        var answers: [Bool] = []
        for reader in readers {
            try Task.checkCancellation()
            var part = MetricBatch.Part(name: reader.name.rawValue)
            let start = ContinuousClock.now
            do {
                part.families = try reader.read(from: root)
            } catch {
                part.error = "\(error)"
            }
            part.duration = start.duration(to: .now)
            batch.add(part)
            if reader.readsFiles { answers.append(part.error == nil) }
        }
        // When a root is unmounted, what this process knows by itself does not make the machine answer.
        if !answers.isEmpty, !answers.contains(true) { batch.serviceAnswered = false }
    }
}
