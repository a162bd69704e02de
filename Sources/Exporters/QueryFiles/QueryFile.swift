public import Settings

/// Reads query files in any of the three formats, and names everything that is wrong in them.
///
/// The format is detected by the shape of the document; see ``QueryFileFormat``.
public enum QueryFile {
    /// The most queries in a file.
    public static let maximumQueries = 500
    /// The most metrics (columns, in the formats that list columns) in a file.
    public static let maximumMetrics = 5_000
    /// The longest file, in bytes.
    public static let maximumLength = 2 << 20

    /// Reads a file.
    ///
    /// - Parameters:
    ///   - path: The file; it names it in positions too.
    ///   - defaultPrefix: What stands before the names of hubble's metrics, such as `postgres`.
    ///   - problems: Where everything goes that is wrong.
    /// - Returns: The queries that are right. Use them only if nothing was added to `problems`.
    public static func read(_ path: String, defaultPrefix: String, problems: ProblemList) -> [QueryDefinition] {
        do {
            let text = try BoundedFile.read(path, maximumLength: maximumLength)
            return parse(text, file: path, defaultPrefix: defaultPrefix, problems: problems)
        } catch {
            problems.add(SettingsProblem(position: Position(file: path), message: "cannot be read: \(error)"))
            return []
        }
    }

    /// Parses the text of a file; see ``read(_:defaultPrefix:problems:)``.
    public static func parse(
        _ text: String,
        file: String,
        defaultPrefix: String,
        problems: ProblemList
    ) -> [QueryDefinition] {
        let root: SettingsNode
        do {
            root = try SettingsDocument.parse(text, file: file, limits: .init(length: maximumLength))
        } catch {
            problems.add(contentsOf: error.problems)
            return []
        }
        let mine = ProblemList()
        defer { problems.add(contentsOf: mine.problems) }
        guard let format = FormatDetector.detect(root, problems: mine) else { return [] }
        var budget = Budget(problems: mine)
        let queries =
            switch format {
            case .native: NativeReader(problems: mine).read(root, budget: &budget)
            case .hubble: HubbleReader(problems: mine, prefix: defaultPrefix).read(root, budget: &budget)
            case .postgresExporter: PostgresExporterReader(problems: mine).read(root, budget: &budget)
            }
        DefinitionChecks.check(queries, problems: mine)
        return queries
    }
}

/// Counts what a file holds, so that a hostile one cannot cost without end.
struct Budget {
    private let problems: ProblemList
    private var queries = 0
    private var metrics = 0

    init(problems: ProblemList) {
        self.problems = problems
    }

    /// Whether one more query may be read; the first one too many is a problem.
    mutating func takeQuery(at node: SettingsNode) -> Bool {
        queries += 1
        if queries == QueryFile.maximumQueries + 1 {
            problems.add("more than \(QueryFile.maximumQueries) queries in one file", at: node)
        }
        return queries <= QueryFile.maximumQueries
    }

    /// Whether one more metric may be read; the first one too many is a problem.
    mutating func takeMetric(at node: SettingsNode) -> Bool {
        metrics += 1
        if metrics == QueryFile.maximumMetrics + 1 {
            problems.add("more than \(QueryFile.maximumMetrics) metrics in one file", at: node)
        }
        return metrics <= QueryFile.maximumMetrics
    }
}
