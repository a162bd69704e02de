import Discovery
import ExporterKinds
import ExportingModules
import Foundation
import Settings

/// Everything that the agent is told: one file and what it includes, checked as a whole.
struct AgentConfiguration: Sendable {
    /// The file that was read.
    var file: String
    /// The agent's name: on the home page, and the seed of the phases of its polls.
    var name: String
    /// What must survive a restart.
    var state: StateConfiguration
    /// How services are discovered.
    var discovery: DiscoveryConfiguration
    /// How they are exported, in the order of the configuration.
    var templates: [TemplateConfiguration]
    /// Bounds on collecting.
    var collection: CollectionConfiguration
    /// Where samples and alerts go besides the page.
    var exporting: ExportingConfiguration
    /// What is watched for unusual values.
    var analysis: AnalysisConfiguration
    /// How the agent is reached.
    var web: WebConfiguration
    /// The kinds of exporter that were offered.
    var kinds: [any ExporterKind]
    /// The kinds of exporting module that were offered.
    var modules: ModuleCatalogue

    /// Reads a file and what it includes.
    ///
    /// - Parameters:
    ///   - file: The file.
    ///   - stateDirectory: Overrides the configuration's.
    ///   - kinds: The kinds of exporter that templates may name.
    ///   - modules: The kinds of exporting module that may be named.
    ///   - environment: Where the secrets of modules may come from.
    /// - Throws: `SettingsError` with every problem that was found.
    static func read(
        file: String,
        stateDirectory: String? = nil,
        kinds: [any ExporterKind],
        modules: ModuleCatalogue = BuiltInModules.catalogue,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsError) -> AgentConfiguration {
        let root = try SettingsDocument.read(file: file)
        let problems = ProblemList()
        let configuration = AgentConfiguration(
            root,
            file: file,
            stateDirectory: stateDirectory,
            kinds: kinds,
            modules: modules,
            environment: environment,
            problems: problems
        )
        try problems.throwIfAny()
        return configuration
    }

    init(
        _ root: SettingsNode,
        file: String,
        stateDirectory: String?,
        kinds: [any ExporterKind],
        modules: ModuleCatalogue,
        environment: [String: String],
        problems: ProblemList
    ) {
        let directory = Paths.directory(of: file)
        let reader = MappingReader(root, problems: problems)
        self.file = file
        self.kinds = kinds
        self.modules = modules
        name = reader.string("name") ?? ProcessInfo.processInfo.hostName
        state = StateConfiguration(reader.mapping("state"), directory: directory)
        if let stateDirectory { state.directory = stateDirectory }
        state.directory = Paths.absolute(state.directory)
        discovery =
            reader.mapping("discovery").map { DiscoveryConfiguration($0, directory: directory) }
            ?? DiscoveryConfiguration()
        collection = CollectionConfiguration(reader.mapping("collection"))
        web = WebConfiguration(reader.mapping("web"))
        let entryContext = ModuleEntryConfiguration.Context(
            catalogue: modules,
            agent: name,
            directory: directory,
            environment: environment
        )
        exporting =
            reader.mapping("exporting").map { ExportingConfiguration($0, context: entryContext) }
            ?? ExportingConfiguration()
        analysis = reader.mapping("analysis").map(AnalysisConfiguration.init) ?? AnalysisConfiguration()
        templates = []
        var context = TemplateContext(kinds: kinds, directory: directory, variables: [:])
        context.variables = ["name": name, "state": state.directory]
        addTemplates(reader, context: context)
        include(reader, context: context, modules: entryContext)
        reader.finish()
        // One that is there but wrong has been named already.
        if discovery.sources.isEmpty, !problems.problems.contains(where: { $0.path.hasPrefix("discovery") }) {
            problems.add("no source is configured: discovery.sources is empty", at: root)
        }
        if reader.node["exporters"] == nil, reader.node["include"] == nil {
            problems.add("no exporter template is configured: exporters is missing", at: root)
        }
    }

    private mutating func addTemplates(_ reader: MappingReader, context: TemplateContext) {
        for item in reader.items("exporters") ?? [] {
            guard let template = TemplateConfiguration(item, context: context, problems: reader.problems) else {
                continue
            }
            if templates.contains(where: { $0.template.name == template.template.name }) {
                reader.problems.add("another template is called \"\(template.template.name)\" too", at: item)
            } else {
                templates.append(template)
            }
        }
    }

    /// Adds the sources, templates, modules and selections of included files. What else a file says belongs into the main
    /// one.
    private mutating func include(
        _ reader: MappingReader,
        context: TemplateContext,
        modules: ModuleEntryConfiguration.Context
    ) {
        let problems = reader.problems
        for pattern in reader.strings("include") ?? [] {
            let files = Glob.files(pattern, in: context.directory)
            if files.isEmpty, let node = reader.node["include"], !Glob.isPattern(pattern) {
                problems.add("the file \(Paths.resolve(pattern, in: context.directory)) does not exist", at: node)
            }
            for file in files {
                do {
                    let included = MappingReader(try SettingsDocument.read(file: file), problems: problems)
                    var context = context
                    context.directory = Paths.directory(of: file)
                    if let part = included.mapping("discovery") {
                        discovery.addSources(part, directory: context.directory)
                        part.finish()
                    }
                    addTemplates(included, context: context)
                    if let part = included.mapping("exporting") {
                        var modules = modules
                        modules.directory = context.directory
                        exporting.add(part, context: modules)
                        part.finish()
                    }
                    if let part = included.mapping("analysis") {
                        analysis.add(part)
                        part.finish()
                    }
                    included.finish()
                } catch {
                    problems.add(contentsOf: error.problems)
                }
            }
        }
    }
}
