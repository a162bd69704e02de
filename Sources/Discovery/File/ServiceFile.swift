import Settings

/// What a services file says: our own form (`services:` with entries) or Prometheus' (a list of target groups).
struct ServiceFile: Sendable {
    /// The services of all good entries.
    var services: [Service] = []
    /// The entries that were left out.
    var problems: [SourceProblem] = []

    /// The bounds of a services file.
    static let limits = SettingsDocument.Limits(length: 32 << 20, depth: 16, nodes: 4_000_000)

    /// Reads a text in either form, told apart by its shape.
    ///
    /// - Throws: `SettingsError` if the file as a whole makes no sense. An empty file makes none: an editor or a shell
    ///   that rewrites a file empties it first. Who wants no services writes `services: []` or `[]`.
    static func parse(_ text: String, file: String) throws(SettingsError) -> ServiceFile {
        let root = try SettingsDocument.parse(text, file: file, limits: limits)
        switch root.content {
        case .mapping: return try ownForm(root)
        case .sequence(let groups): return try PrometheusTargets.parse(groups, file: file)
        case .null: throw error("the file is empty; write \"services: []\" for no services", at: root)
        default: throw error("expected \"services:\" or a list of target groups, found \(root.found)", at: root)
        }
    }

    static func error(_ message: String, at node: SettingsNode) -> SettingsError {
        SettingsError(SettingsProblem(position: node.position, path: node.path, message: message))
    }

    private static func ownForm(_ root: SettingsNode) throws(SettingsError) -> ServiceFile {
        let problems = ProblemList()
        let reader = MappingReader(root, problems: problems)
        let services = reader.value("services")
        reader.finish()
        guard let services, case .sequence(let entries) = services.content else {
            if let services {
                throw error("expected a list, found \(services.found)", at: services)
            }
            problems.add("the key \"services\" is missing or empty; write \"services: []\" for none", at: root)
            throw SettingsError(problems: problems.problems)
        }
        var file = ServiceFile()
        file.problems = problems.problems.map {
            SourceProblem(entry: $0.path, reason: $0.message, position: $0.position)
        }
        file.services.reserveCapacity(entries.count)
        for entry in entries {
            file.add(ServiceEntry(entry))
        }
        return file
    }

    private mutating func add(_ entry: ServiceEntry) {
        services += entry.services
        problems += entry.problems
    }
}
