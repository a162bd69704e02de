import Exposition

/// `node_os_*`: what the operating system calls itself.
struct OSReader: HostReader {
    var name: HostCollectorName { .os }

    private static let keys = [
        "BUILD_ID", "ID", "ID_LIKE", "IMAGE_ID", "IMAGE_VERSION", "NAME", "PRETTY_NAME", "VARIANT", "VARIANT_ID",
        "VERSION", "VERSION_CODENAME", "VERSION_ID",
    ]

    func read(from root: HostRoot) throws -> [MetricFamily] {
        for file in ["etc/os-release", "usr/lib/os-release"] {
            guard let text = try root.readIfThere(file, limit: 64 << 10) else { continue }
            return Self.families(Self.parse(text))
        }
        return []
    }

    private static func families(_ values: [String: String]) -> [MetricFamily] {
        let labels = LabelSet(keys.map { Label($0.lowercased(), values[$0] ?? "") })
        let names = keys.map { $0.lowercased() }.joined(separator: ", ")
        var families: [MetricFamily] = [
            .info("node_os_info", "A metric with a constant '1' value labeled by \(names).", labels)
        ]
        if let version = majorAndMinor(values["VERSION_ID"] ?? ""), version > 0 {
            var family = MetricFamily(
                name: "node_os_version",
                kind: .gauge,
                help: "Metric containing the major.minor part of the OS version."
            )
            let labels: LabelSet = [
                "id": values["ID"] ?? "", "id_like": values["ID_LIKE"] ?? "", "name": values["NAME"] ?? "",
            ]
            family.add(version, labels)
            families.append(family)
        }
        return families
    }

    /// The shell's assignments: `KEY=value`, `KEY="value"` with escapes, `KEY='value'`.
    private static func parse(_ text: ProcText) -> [String: String] {
        var values: [String: String] = [:]
        for var line in text.lines {
            guard let key = line.text(until: UInt8(ascii: "=")), keys.contains(key) else { continue }
            values[key] = unquoted(String(decoding: line.rest, as: UTF8.self))
        }
        return values
    }

    private static func unquoted(_ text: String) -> String {
        var text = text[...]
        while let last = text.last, last.isWhitespace { text.removeLast() }
        guard let quote = text.first, quote == "\"" || quote == "'", text.count >= 2, text.last == quote else {
            return String(text)
        }
        text = text.dropFirst().dropLast()
        guard quote == "\"" else { return String(text) }
        var plain = ""
        var isEscaped = false
        for character in text {
            if character == "\\", !isEscaped {
                isEscaped = true
            } else {
                plain.append(character)
                isEscaped = false
            }
        }
        return plain
    }

    private static func majorAndMinor(_ version: String) -> Double? {
        let major = version.utf8.prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        guard !major.isEmpty else { return nil }
        let rest = version.utf8.dropFirst(major.count)
        guard rest.first == UInt8(ascii: ".") else { return ProcLine.number(Array(major)[...]) }
        let minor = rest.dropFirst().prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
        return ProcLine.number((Array(major) + Array(".".utf8) + (minor.isEmpty ? Array("0".utf8) : Array(minor)))[...])
    }
}
