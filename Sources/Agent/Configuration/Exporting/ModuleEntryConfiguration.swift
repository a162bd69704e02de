import ExportingModules
import Settings
import Transport

/// One exporting module of the configuration: what it gets, and how it is set up.
struct ModuleEntryConfiguration: Sendable {
    /// What reading a module needs to know of the agent.
    struct Context: Sendable {
        /// The modules that there are.
        var catalogue: ModuleCatalogue
        /// The agent's name.
        var agent: String
        /// The folder of the file that the module stands in.
        var directory: String
        /// The environment that secrets may come from.
        var environment: [String: String]
    }

    /// The user's name for it. It names the queue on disk, so a renamed module begins with an empty one.
    var name: String
    /// The kind of module.
    var kind: String
    /// Which samples and alerts it gets.
    var filter: SeriesFilter
    /// How its queue is bounded.
    var queue: QueueConfiguration
    /// What it was configured with, by full name.
    var settings: [String: ModuleValue]
    /// What it is given besides.
    var context: ModuleContext

    /// Names must be file names.
    private static let namePattern = try? Pattern("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,63}")

    init?(_ node: SettingsNode, context: Context, problems: ProblemList) {
        guard case .mapping = node.content else {
            problems.add("expected a mapping, found \(node.found)", at: node)
            return nil
        }
        let before = problems.problems.count
        let reader = MappingReader(node, problems: problems)
        let name = reader.requiredString("name")
        if let name, Self.namePattern?.matches(name) == false {
            problems.add(
                "expected letters, digits, _, - and . (at most 64), found \"\(name)\"",
                at: reader.value("name") ?? node
            )
        }
        filter = reader.mapping("match").map(SeriesFilter.init) ?? SeriesFilter()
        let queue = reader.mapping("queue")
        let kind = Self.kind(reader, catalogue: context.catalogue)
        reader.finish()
        guard let kind, let module = context.catalogue[kind] else { return nil }
        self.queue = QueueConfiguration(queue, isOnDisk: module.crossesNetwork)
        self.name = name ?? ""
        self.kind = kind
        self.context = ModuleContext(
            name: self.name,
            agent: context.agent,
            directory: context.directory,
            environment: context.environment
        )
        settings = ModuleSettings.read(
            node[kind],
            of: module,
            directory: context.directory,
            problems: problems
        )
        guard problems.problems.count == before else { return nil }
        check(node[kind] ?? node, catalogue: context.catalogue, problems: problems)
    }

    /// Makes the module; nothing is opened yet.
    ///
    /// - Parameters:
    ///   - catalogue: The modules that there are.
    ///   - network: What it sends with; nil if it is only to be checked.
    /// - Throws: `ModuleConfigurationError`.
    func makeModule(_ catalogue: ModuleCatalogue, network: NetworkServices? = nil) throws -> any ExportingModule {
        var context = context
        context.network = network
        return try catalogue.make(kind, settings: settings, context: context)
    }

    /// How long a call of the module may take: several of the exchanges that its own parameter `timeout` bounds.
    ///
    /// - Throws: `ModuleConfigurationError`.
    func callTimeout(_ catalogue: ModuleCatalogue) throws -> Duration {
        let name = "\(kind).timeout"
        guard let module = catalogue[kind], module.parameters.contains(where: { $0.name == name }) else {
            return .seconds(60)
        }
        let configuration = try ModuleConfiguration(of: module, settings: settings, context: context)
        return max(.seconds(60), try configuration.duration(name).map { $0 * 3 } ?? .zero)
    }

    /// Names everything that the module itself finds wrong.
    private func check(_ block: SettingsNode, catalogue: ModuleCatalogue, problems: ProblemList) {
        do {
            _ = try makeModule(catalogue)
        } catch let error as ModuleConfigurationError {
            for problem in error.problems {
                let key = problem.parameter.hasPrefix(kind + ".") ? problem.parameter.dropFirst(kind.count + 1) : ""
                problems.add("\(problem.parameter): \(problem.message)", at: block[String(key)] ?? block)
            }
        } catch {
            problems.add("\(error)", at: block)
        }
    }

    private static func kind(_ reader: MappingReader, catalogue: ModuleCatalogue) -> String? {
        let names = catalogue.names
        for name in names { _ = reader.value(name) }
        let found = reader.keys.filter { names.contains($0) }
        if found.count == 1 { return found.first }
        reader.problems.add(
            found.isEmpty
                ? "expected the kind of module: one of \(names.joined(separator: ", "))"
                : "expected one kind of module, found \(found.joined(separator: " and "))",
            at: reader.node
        )
        return nil
    }
}
