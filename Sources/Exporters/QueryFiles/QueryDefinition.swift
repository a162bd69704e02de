public import Settings

/// One query of a query file: what to run, where and how often, and what its rows mean.
public struct QueryDefinition: Sendable, Hashable {
    /// The name, unique in its file: for errors and for the API.
    public var name: String
    /// The SQL. One statement.
    public var sql: String
    /// How often to run it; nil for the interval of the template.
    public var interval: Duration?
    /// Whether ``interval`` only bounds how often it is run (`cache_seconds`), so that a longer interval of the template
    /// wins.
    public var isIntervalLowerBound = false
    /// How long it may take; nil for the exporter's default.
    public var timeout: Duration?
    /// When it is run.
    public var condition = QueryCondition()
    /// Whether its result is the same in every database of a server (`master: true` in postgres_exporter's format).
    ///
    /// postgres_exporter then runs it on the first database of a server only, which matters with its automatic
    /// discovery. A service is one database here and chosen by its template, so the query is run on each; an exporter
    /// that expands a server into its databases should run it on one of them.
    public var isPerServer = false
    /// The format that it was written in.
    public var format: QueryFileFormat
    /// Where it stands.
    public var position: Position
    /// The path of keys to it.
    public var path: String

    var rules: [MetricRule] = []
    /// Only the first row counts: hubble's rule, which has no labels to tell rows apart.
    var isFirstRowOnly = false
    /// The n-th metric takes the n-th column if no name matches: hubble's rule.
    var bindsByPosition = false
    var unlisted: UnlistedColumns?

    init(name: String, sql: String, format: QueryFileFormat, position: Position, path: String) {
        self.name = name
        self.sql = sql
        self.format = format
        self.position = position
        self.path = path
    }

    /// How often it is run under a template's interval.
    public func effectiveInterval(_ template: Duration) -> Duration {
        guard let interval else { return template }
        return isIntervalLowerBound ? max(interval, template) : interval
    }
}
