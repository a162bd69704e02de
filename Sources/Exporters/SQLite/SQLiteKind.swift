public import ExporterKinds
public import ExporterKit
import QueryFiles
public import Settings
import Transport

/// Offers SQLite databases to the agent: `sqlite: {database: PATH, queries: [...]}`.
///
/// | key | meaning |
/// |---|---|
/// | `database` | the file, relative to the configuration's folder; without it the service's address is the file |
/// | `queries` | query files |
/// | `timeout` | how long one query may take; half of the template's timeout without it |
/// | `max_rows` | the most rows of one result, 10000 without it |
/// | `immutable` | `true` reads the file without locks or a write-ahead log, for files that nothing writes |
public final class SQLiteKind: ExporterKind {
    private let library = QueryLibrary(defaultPrefix: "sqlite")
    /// For all databases: a query, or a file system that hangs, costs a thread and not one of Swift's own.
    private let pool = BlockingPool(maximumThreads: 64)

    /// Creates the kind.
    public init() {}

    /// `sqlite`.
    public var name: String { "sqlite" }

    /// Which file it is, and how long its queries may take.
    public var overridableKeys: Set<String> { ["database", "timeout"] }

    /// Names everything that is wrong in a block or in its query files.
    public func check(
        _ settings: SettingsNode,
        directory: String,
        acceptsTemplates: Bool,
        problems: ProblemList
    ) {
        _ = SQLiteSettings(
            settings,
            library: library,
            directory: directory,
            acceptsTemplates: acceptsTemplates,
            problems: problems
        )
    }

    /// A digest of the query files.
    public func fingerprint(_ settings: SettingsNode, directory: String) -> String {
        settings["queries"].map { library.fingerprint($0, directory: directory) } ?? ""
    }

    /// Makes an exporter for one database file.
    ///
    /// - Throws: `SettingsError` if the block or a query file is wrong.
    public func makeExporter(_ context: ExporterContext) throws -> any Exporter {
        let problems = ProblemList()
        let settings = SQLiteSettings(
            context.settings,
            library: library,
            directory: context.directory,
            acceptsTemplates: false,
            problems: problems
        )
        let path = settings.database ?? context.address
        if path.isEmpty {
            problems.add("needs \"database\", since the service has no address", at: context.settings)
        }
        try problems.throwIfAny()
        let isAbsolute = path.hasPrefix("/") || context.directory.isEmpty
        return SQLiteExporter(
            path: isAbsolute ? path : context.directory + "/" + path,
            settings: settings,
            interval: context.interval,
            timeout: context.timeout,
            pool: pool,
            logger: context.logger
        )
    }
}
