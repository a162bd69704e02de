import Exposition

/// `node_load*`: the load averages.
struct LoadReader: HostReader {
    var name: HostCollectorName { .loadavg }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var lines = try root.read("proc/loadavg").lines
        guard var line = lines.next(), let one = line.number(), let five = line.number(), let fifteen = line.number()
        else { throw root.malformed("proc/loadavg") }
        return [
            .gauge("node_load1", "1m load average.", one),
            .gauge("node_load5", "5m load average.", five),
            .gauge("node_load15", "15m load average.", fifteen),
        ]
    }
}
