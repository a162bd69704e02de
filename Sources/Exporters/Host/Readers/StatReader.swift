import Exposition

/// `node_intr_total`, `node_boot_time_seconds` and what else is in /proc/stat besides CPUs.
struct StatReader: HostReader {
    var name: HostCollectorName { .stat }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        for var line in try root.read("proc/stat").lines {
            guard let key = line.word(), !key.starts(with: "cpu".utf8), let value = line.number() else { continue }
            switch String(decoding: key, as: UTF8.self) {
            case "intr":
                families.append(.counter("node_intr_total", "Total number of interrupts serviced.", value))
            case "ctxt":
                families.append(.counter("node_context_switches_total", "Total number of context switches.", value))
            case "btime":
                families.append(.gauge("node_boot_time_seconds", "Node boot time, in unixtime.", value))
            case "processes":
                families.append(.counter("node_forks_total", "Total number of forks.", value))
            case "procs_running":
                families.append(.gauge("node_procs_running", "Number of processes in runnable state.", value))
            case "procs_blocked":
                let help = "Number of processes blocked waiting for I/O to complete."
                families.append(.gauge("node_procs_blocked", help, value))
            default:
                break
            }
        }
        if families.isEmpty { throw root.malformed("proc/stat") }
        return families
    }
}
