import Exposition

/// `node_network_*_total`: network interfaces.
struct NetworkReader: HostReader {
    let filter: NameFilter

    var name: HostCollectorName { .netdev }

    private static let columns = [
        "receive_bytes", "receive_packets", "receive_errs", "receive_drop", "receive_fifo", "receive_frame",
        "receive_compressed", "receive_multicast", "transmit_bytes", "transmit_packets", "transmit_errs",
        "transmit_drop", "transmit_fifo", "transmit_colls", "transmit_carrier", "transmit_compressed",
    ]

    func read(from root: HostRoot) throws -> [MetricFamily] {
        let (file, text) = try Self.table(root)
        var families = Self.columns.map(Self.family)
        var withoutHandler = Self.family("receive_nohandler")
        var isEmpty = true
        // Two lines of titles.
        for var line in text.lines.dropFirst(2) {
            // A name may hold colons (aliases): the last one ends it.
            guard let end = line.rest.lastIndex(of: UInt8(ascii: ":")) else { continue }
            var names = ProcLine(line.rest[..<end])
            guard let device = names.text(), names.word() == nil else { continue }
            line = ProcLine(line.rest[(end + 1)...])
            var values: [Double] = []
            while values.count < Self.columns.count, let value = line.number() { values.append(value) }
            guard values.count == Self.columns.count else { continue }
            isEmpty = false
            guard filter.accepts(device) else { continue }
            let labels: LabelSet = ["device": device]
            for (index, value) in values.enumerated() { families[index].add(value, labels) }
            if !device.contains("/"), !device.hasPrefix("."),
                let value = try? root.numberIfThere("sys/class/net/\(device)/statistics/rx_nohandler")
            {
                withoutHandler.add(value, labels)
            }
        }
        if isEmpty, text.lines.dropFirst(2).contains(where: { !$0.rest.isEmpty }) { throw root.malformed(file) }
        return (families + [withoutHandler]).filter { !$0.metrics.isEmpty }
    }

    private static func family(_ column: String) -> MetricFamily {
        MetricFamily(
            name: "node_network_\(column)_total",
            kind: .counter,
            help: "Network device statistic \(column)."
        )
    }

    /// Below another root `proc/net` would still show our own network namespace; that of its first process is meant.
    private static func table(_ root: HostRoot) throws -> (file: String, text: ProcText) {
        if !root.isOurs, let text = try? root.read("proc/1/net/dev") { return ("proc/1/net/dev", text) }
        return ("proc/net/dev", try root.read("proc/net/dev"))
    }
}
