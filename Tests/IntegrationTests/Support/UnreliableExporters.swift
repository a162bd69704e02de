import ExporterKit
import Exposition
import Glibc
import Synchronization
import TestSupport

/// Makes exporters that give 50 samples like a machine's, hold a descriptor each, and fail in every way at random.
final class UnreliableExporters: Sendable {
    /// How many samples each collection gives.
    static let sampleCount = 50

    private struct State {
        var generator: SeededGenerator
        var made = 0
    }

    private let state: Mutex<State>
    /// A file that only these exporters open, so that their descriptors can be told from others.
    private let file: String

    init(file: String, seed: UInt64) {
        self.file = file
        state = Mutex(State(generator: SeededGenerator(seed: seed)))
    }

    /// How many exporters have been made.
    var made: Int { state.withLock { $0.made } }

    /// How many descriptors of exporters this process has open.
    var openDescriptors: Int {
        guard let folder = opendir("/proc/self/fd") else { return -1 }
        defer { closedir(folder) }
        var count = 0
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            var target = [CChar](repeating: 0, count: 4096)
            let length = readlink("/proc/self/fd/\(name)", &target, target.count)
            guard length > 0 else { continue }
            let path = String(decoding: target[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
            if path == file { count += 1 }
        }
        return count
    }

    /// An exporter whose every sample has its own number as the value.
    func make() -> any Exporter {
        let number = state.withLock { state in
            state.made += 1
            return state.made
        }
        return BaseExporter { [self] in
            try await open()
        } collectors: { [self] (_: Int32) in
            [ClosureCollector("host") { [self] batch in try await collect(Double(number), &batch) }]
        } close: { descriptor in
            Glibc.close(descriptor)
        }
    }

    private func random(_ range: Range<Int>) -> Int {
        state.withLock { Int.random(in: range, using: &$0.generator) }
    }

    private func open() async throws -> Int32 {
        switch random(0..<100) {
        case 0..<5: throw TestSupportError("refused")
        case 5..<15: try await Task.sleep(for: .milliseconds(random(1..<200)))
        case 15: try await Task.sleep(for: .seconds(3600))
        case 16:
            // Deaf to cancellation, and late.
            await Task.detached { try? await Task.sleep(for: .seconds(2)) }.value
        default: break
        }
        let descriptor = Glibc.open(file, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestSupportError("cannot open \(file)") }
        return descriptor
    }

    private func collect(_ number: Double, _ batch: inout MetricBatch) async throws {
        switch random(0..<200) {
        case 0..<4: throw TestSupportError("no answer")
        case 4..<14: try await Task.sleep(for: .milliseconds(random(1..<100)))
        case 14: try await Task.sleep(for: .seconds(3600))
        default: break
        }
        for cpu in 0..<4 {
            for mode in ["idle", "iowait", "irq", "nice", "softirq", "steal", "system", "user"] {
                batch.counter("host_cpu_seconds_total", "Time.", number, labels: ["cpu": "\(cpu)", "mode": mode])
            }
        }
        for device in ["sda", "sdb", "sdc"] {
            batch.counter("host_disk_reads_total", "Reads.", number, labels: ["device": device])
            batch.counter("host_disk_writes_total", "Writes.", number, labels: ["device": device])
        }
        for name in 0..<12 { batch.gauge("host_memory_\(name)_bytes", "Memory.", number) }
    }
}
