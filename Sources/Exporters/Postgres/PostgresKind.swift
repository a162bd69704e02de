public import ExporterKinds
public import ExporterKit
import QueryFiles
public import Settings
public import Transport

/// The exporter kind `postgres`.
///
/// One object serves all services: they share the reactor, the resolver and the parsed query files.
public final class PostgresKind: ExporterKind {
    private let reactor: Reactor
    private let resolver: HostResolver
    private let pool: BlockingPool
    private let files = QueryFileCache()

    /// Creates the kind.
    ///
    /// - Parameters:
    ///   - reactor: What waits for the connections; it must be running when exporters are set up.
    ///   - resolver: What turns host names into addresses.
    ///   - pool: Where cancelling at servers blocks.
    public init(reactor: Reactor, resolver: HostResolver, pool: BlockingPool) {
        self.reactor = reactor
        self.resolver = resolver
        self.pool = pool
    }

    /// `postgres`.
    public var name: String { "postgres" }

    /// What a service may choose for itself. Not `host`: a service must not lead its template's password elsewhere.
    public var overridableKeys: Set<String> {
        ["user", "password", "database", "sslmode", "application_name", "pipeline", "statement_timeout"]
    }

    /// `password`.
    public var secretKeys: Set<String> { ["password"] }

    /// Names everything that is wrong in a block and in its query files.
    public func check(_ settings: SettingsNode, directory: String, acceptsTemplates: Bool, problems: ProblemList) {
        let block = PostgresSettings(
            settings,
            directory: directory,
            acceptsTemplates: acceptsTemplates,
            problems: problems
        )
        _ = queries(block, problems: problems)
    }

    /// A digest of the query files.
    public func fingerprint(_ settings: SettingsNode, directory: String) -> String {
        // What is wrong with the block is for `check` to say.
        let block = PostgresSettings(settings, directory: directory, acceptsTemplates: true, problems: ProblemList())
        return block.queryFiles.map { files.file($0.path).digest }.joined(separator: ",")
    }

    /// Makes an exporter.
    ///
    /// - Throws: `SettingsError` if the block or a query file is wrong.
    public func makeExporter(_ context: ExporterContext) throws -> any Exporter {
        let problems = ProblemList()
        let block = PostgresSettings(
            context.settings,
            directory: context.directory,
            acceptsTemplates: false,
            problems: problems
        )
        let queries = queries(block, problems: problems)
        let configuration = block.configuration(address: context.address, port: context.port, problems: problems)
        try problems.throwIfAny()
        return PostgresExporter(
            configuration,
            queries: queries,
            interval: context.interval,
            timeout: context.timeout,
            reactor: reactor,
            resolver: resolver,
            pool: pool,
            logger: context.logger
        )
    }

    /// The queries of all files. Their names tell parts of a collection apart, so they must differ across files too.
    private func queries(_ block: PostgresSettings, problems: ProblemList) -> [QueryDefinition] {
        var queries: [QueryDefinition] = []
        var places: [String: Position] = [:]
        var seen: Set<String> = []
        for place in block.queryFiles where seen.insert(place.path).inserted {
            let file = files.file(place.path)
            problems.add(contentsOf: file.problems)
            for query in file.queries {
                if let other = places.updateValue(query.position, forKey: query.name), other.file != place.path {
                    problems.add(
                        SettingsProblem(
                            position: query.position,
                            path: query.path,
                            message: "the query \"\(query.name)\" is in \(other) already"
                        )
                    )
                }
            }
            queries += file.queries
        }
        return queries
    }
}
