import Exposition

/// `node_vmstat_*`: paging, swapping and the killer of processes, as untyped as in node_exporter.
struct VMStatReader: HostReader {
    var name: HostCollectorName { .vmstat }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        var isEmpty = true
        for var line in try root.read("proc/vmstat").lines {
            guard let field = line.word() else { continue }
            isEmpty = false
            // There are some two hundred fields, of which eight are wanted.
            guard Self.isWanted(field), let value = line.number() else { continue }
            let name = String(decoding: field, as: UTF8.self)
            families.append(
                MetricFamily(
                    name: "node_vmstat_\(name)",
                    kind: .unknown,
                    help: "/proc/vmstat information field \(name).",
                    metrics: [Metric(value)]
                )
            )
        }
        if isEmpty { throw root.malformed("proc/vmstat") }
        return families
    }

    /// node_exporter's `^(oom_kill|pgpg|pswp|pg.*fault).*`, and a legal name.
    private static func isWanted(_ field: ArraySlice<UInt8>) -> Bool {
        let isPaging = field.starts(with: "pg".utf8)
        guard isPaging || field.starts(with: "pswp".utf8) || field.starts(with: "oom_kill".utf8) else { return false }
        if isPaging, !field.starts(with: "pgpg".utf8),
            !field.indices.contains(where: { field[$0...].starts(with: "fault".utf8) })
        {
            return false
        }
        return field.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"):
                true
            default: false
            }
        }
    }
}
