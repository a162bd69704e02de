import Exposition

/// `node_memory_*`: everything in /proc/meminfo.
struct MemoryReader: HostReader {
    var name: HostCollectorName { .meminfo }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var families: [MetricFamily] = []
        for var line in try root.read("proc/meminfo").lines {
            guard let key = line.text(until: UInt8(ascii: ":")), let field = Self.field(key) else { continue }
            guard var value = line.number() else { continue }
            var name = field
            if let unit = line.word() {
                guard unit.elementsEqual("kB".utf8) else { continue }
                value *= 1024
                name += "_bytes"
            }
            families.append(.gauge("node_memory_\(name)", "Memory information field \(name).", value))
        }
        if families.isEmpty { throw root.malformed("proc/meminfo") }
        return families
    }

    /// `Active(anon)` is `Active_anon`; nil for what is no name.
    private static func field(_ key: String) -> String? {
        var name = ""
        for character in key.utf8 {
            switch character {
            case UInt8(ascii: "("): name += "_"
            case UInt8(ascii: ")"): break
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "_"),
                UInt8(ascii: "0")...UInt8(ascii: "9"):
                name.unicodeScalars.append(UnicodeScalar(character))
            default: return nil
            }
        }
        return name.isEmpty ? nil : name
    }
}
