import Exposition

/// `node_nf_conntrack_*`: the connections that the firewall follows, where it does.
struct ConntrackReader: HostReader {
    var name: HostCollectorName { .conntrack }

    private static let columns: [(name: String, help: String)] = [
        ("found", "Number of searched entries which were successful."),
        ("invalid", "Number of packets seen which can not be tracked."),
        ("ignore", "Number of packets seen which are already connected to a conntrack entry."),
        ("insert", "Number of entries inserted into the list."),
        ("insert_failed", "Number of entries for which list insertion was attempted but failed."),
        ("drop", "Number of packets dropped due to conntrack failure."),
        (
            "early_drop",
            "Number of dropped conntrack entries to make room for new ones, if maximum table size was reached."
        ),
        ("search_restart", "Number of conntrack table lookups which had to be restarted due to hashtable resizes."),
    ]

    func read(from root: HostRoot) throws -> [MetricFamily] {
        guard let entries = try root.numberIfThere("proc/sys/net/netfilter/nf_conntrack_count"),
            let limit = try root.numberIfThere("proc/sys/net/netfilter/nf_conntrack_max")
        else { return [] }
        var families: [MetricFamily] = [
            .gauge(
                "node_nf_conntrack_entries",
                "Number of currently allocated flow entries for connection tracking.",
                entries
            ),
            .gauge("node_nf_conntrack_entries_limit", "Maximum size of connection tracking table.", limit),
        ]
        guard let text = try root.readIfThere("proc/net/stat/nf_conntrack") else { return families }
        let sums = Self.sums(text)
        for column in Self.columns {
            guard let sum = sums[column.name] else { continue }
            families.append(.gauge("node_nf_conntrack_stat_\(column.name)", column.help, sum))
        }
        return families
    }

    /// The sums over all CPUs of the hexadecimal columns, by their titles.
    private static func sums(_ text: ProcText) -> [String: Double] {
        var lines = text.lines
        guard var header = lines.next() else { return [:] }
        var titles: [String] = []
        while let title = header.text() { titles.append(title) }
        var sums: [String: Double] = [:]
        while var line = lines.next() {
            for title in titles {
                guard let word = line.text(), let value = UInt64(word, radix: 16) else { break }
                sums[title, default: 0] += Double(value)
            }
        }
        return sums
    }
}
