import Exposition

/// `node_pressure_*`: how long processes had to wait for the machine (PSI), where the kernel counts it.
struct PressureReader: HostReader {
    var name: HostCollectorName { .pressure }

    private struct Resource: Sendable {
        var file: String
        /// Of the line `some` and the line `full`; nil for lines that are not exported.
        var waiting: (name: String, help: String)?
        var stalled: (name: String, help: String)?
    }

    private static let resources = [
        Resource(
            file: "cpu",
            waiting: ("cpu_waiting", "Total time in seconds that processes have waited for CPU time")
        ),
        Resource(
            file: "io",
            waiting: ("io_waiting", "Total time in seconds that processes have waited due to IO congestion"),
            stalled: ("io_stalled", "Total time in seconds no process could make progress due to IO congestion")
        ),
        Resource(
            file: "memory",
            waiting: ("memory_waiting", "Total time in seconds that processes have waited for memory"),
            stalled: (
                "memory_stalled", "Total time in seconds no process could make progress due to memory congestion"
            )
        ),
        Resource(
            file: "irq",
            stalled: ("irq_stalled", "Total time in seconds no process could make progress due to IRQ congestion")
        ),
    ]

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        for resource in Self.resources {
            let file = "proc/pressure/\(resource.file)"
            guard let text = try root.readIfThere(file, limit: 4096) else { continue }
            let totals = Self.totals(text)
            for (line, metric) in [("some", resource.waiting), ("full", resource.stalled)] {
                guard let metric else { continue }
                guard let microseconds = totals[line] else { throw root.malformed(file) }
                let name = "node_pressure_\(metric.name)_seconds_total"
                families.append(.counter(name, metric.help, microseconds / 1_000_000))
            }
        }
        return families
    }

    private static func totals(_ text: ProcText) -> [String: Double] {
        var totals: [String: Double] = [:]
        for var line in text.lines {
            guard let kind = line.text() else { continue }
            while let word = line.word() {
                if word.starts(with: "total=".utf8) { totals[kind] = ProcLine.number(word.dropFirst("total=".count)) }
            }
        }
        return totals
    }
}
