/// The formats of query files.
public enum QueryFileFormat: String, Sendable, Hashable, CaseIterable {
    /// Muster's own: a list under `queries`.
    case native
    /// hubble's: a mapping from names to queries, whose metrics have a `type`.
    case hubble
    /// postgres_exporter's: a mapping from namespaces to queries, whose columns have a `usage`.
    case postgresExporter = "postgres_exporter"
}
