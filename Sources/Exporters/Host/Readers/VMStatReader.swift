import Exposition

/// `node_vmstat_*`: paging, swapping and the killer of processes, as untyped as in node_exporter.
struct VMStatReader: HostReader {
    var name: HostCollectorName { .vmstat }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        var isEmpty = true
        for var line in try root.read("proc/vmstat").lines {
            guard let field = line.text(), let value = line.number() else { continue }
            isEmpty = false
            guard Self.isWanted(field) else { continue }
            let help = "/proc/vmstat information field \(field)."
            families.append(
                MetricFamily(name: "node_vmstat_\(field)", kind: .unknown, help: help, metrics: [Metric(value)])
            )
        }
        if isEmpty { throw root.malformed("proc/vmstat") }
        return families
    }

    /// node_exporter's `^(oom_kill|pgpg|pswp|pg.*fault).*`.
    private static func isWanted(_ field: String) -> Bool {
        guard
            field.utf8.allSatisfy({
                $0 == UInt8(ascii: "_") || UnicodeScalar($0).properties.isAlphabetic || isDigit($0)
            })
        else { return false }
        return field.hasPrefix("oom_kill") || field.hasPrefix("pgpg") || field.hasPrefix("pswp")
            || field.hasPrefix("pg") && field.contains("fault")
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
    }
}
