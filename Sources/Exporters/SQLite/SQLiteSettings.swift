import QueryFiles
import Settings

/// The block under `sqlite`.
struct SQLiteSettings {
    /// The database file as it was given; nil for the service's address.
    var database: String?
    /// How long one query may take; nil for half of the template's timeout.
    var timeout: Duration?
    /// Whether the file cannot change and is read without locks, as on read-only media.
    var isImmutable = false
    /// The most rows of one query.
    var maximumRows = 10_000
    /// The queries of all files.
    var queries: [QueryDefinition] = []

    /// Reads the block, and the query files that it names.
    init(
        _ node: SettingsNode,
        library: QueryLibrary,
        directory: String,
        acceptsTemplates: Bool,
        problems: ProblemList
    ) {
        let reader = MappingReader(node, problems: problems, acceptsTemplates: acceptsTemplates)
        database = reader.string("database")
        timeout = reader.duration("timeout", in: .milliseconds(1) ... .seconds(3_600))
        isImmutable = reader.bool("immutable") ?? false
        maximumRows = reader.integer("max_rows", in: 1...1_000_000) ?? maximumRows
        if let files = reader.required("queries") {
            queries = library.load(
                files,
                directory: directory,
                acceptsTemplates: acceptsTemplates,
                problems: problems
            )
        }
        reader.finish()
        if database == "", let node = reader.value("database") { problems.add("must not be empty", at: node) }
    }
}
