import Discovery
import FuzzSupport
import Settings

/// Any text is a configuration or has problems; a template is read of it, matched and rendered.
@main
struct FuzzSettings {
    static func main() {
        let key = InstallationKey()
        Fuzzer.run { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            do {
                let root = try SettingsDocument.parse(text, file: "fuzz.yaml")
                read(root)
                try match(root, key)
                for template in MappingReader(root, problems: ProblemList()).items("exporters") ?? [] {
                    try match(template, key)
                }
            } catch let error as SettingsError {
                for problem in error.problems {
                    Fuzzer.require(problem.description.hasPrefix("fuzz.yaml"), "a problem without its file")
                }
            } catch {
                Fuzzer.require(false, "another error: \(error)")
            }
        }
    }

    /// Asks for every key in every way.
    private static func read(_ node: SettingsNode, depth: Int = 0) {
        guard case .mapping(let entries) = node.content, depth < 5 else { return }
        for entry in entries.prefix(50) {
            let problems = ProblemList()
            let reader = MappingReader(node, problems: problems)
            _ = reader.string(entry.key)
            _ = reader.integer(entry.key, in: 1...65535)
            _ = reader.number(entry.key)
            _ = reader.bool(entry.key)
            if let duration = reader.duration(entry.key) {
                let text = DurationText.format(duration)
                Fuzzer.require(!text.isEmpty, "a duration without a text")
            }
            _ = reader.strings(entry.key)
            _ = reader.stringMap(entry.key)
            _ = reader.secret(entry.key)
            _ = reader.mapping(entry.key)
            reader.finish()
            for problem in problems.problems { _ = problem.description }
            read(entry.value, depth: depth + 1)
        }
    }

    private static func match(_ block: SettingsNode, _ key: InstallationKey) throws {
        let problems = ProblemList()
        let template = ExporterTemplate(
            block: block,
            name: "fuzz",
            kind: "postgres",
            overridableKeys: ["database"],
            secretKeys: ["password"],
            problems: problems
        )
        try problems.throwIfAny()
        let environment = ["PGPASSWORD": "secret"]
        let matcher = try ServiceMatcher(
            templates: [template],
            key: key,
            environment: environment,
            directory: "/nonexistent"
        )
        let report = matcher.match(services, source: "fuzz")
        for matched in report.services {
            Fuzzer.require(matched.hash.description.utf8.count == 32, "a hash of another length")
        }
        for problem in report.problems { _ = problem.description }
    }

    private static let services = [
        Service(
            name: "orders-db",
            address: "10.0.0.5",
            port: 5432,
            tags: ["postgres"],
            labels: ["env": "prod"],
            options: ["database": "orders", "db": "${service.name}"],
            metadata: ["node": "node-1"]
        ),
        Service(name: "this-host", address: "/run/postgresql", tags: ["host"]),
    ]
}
