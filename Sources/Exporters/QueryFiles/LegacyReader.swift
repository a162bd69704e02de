import Settings

/// What hubble's and postgres_exporter's formats have in common: names over queries, and lists of columns.
struct LegacyReader {
    /// One query, with the reader that its other keys are still to be asked from.
    struct Query {
        var name: String
        var sql: String
        var entry: SettingsNode.Entry
        var reader: MappingReader
    }

    /// One column under `metrics`.
    struct Column {
        var reference: ColumnReference
        var reader: MappingReader
    }

    let problems: ProblemList

    /// Reads each query of a file.
    func read(
        _ root: SettingsNode,
        budget: inout Budget,
        _ body: (Query, inout Budget) -> QueryDefinition?
    ) -> [QueryDefinition] {
        guard case .mapping(let entries) = root.content else { return [] }
        var queries: [QueryDefinition] = []
        for entry in entries {
            guard budget.takeQuery(at: entry.value) else { break }
            guard case .mapping = entry.value.content else {
                problems.add("expected a mapping with query and metrics, found \(entry.value.found)", at: entry.value)
                continue
            }
            let reader = MappingReader(entry.value, problems: problems)
            let sql = reader.required("query").flatMap { _ in reader.string("query") }
            let query = Query(name: entry.key, sql: sql ?? "", entry: entry, reader: reader)
            let definition = body(query, &budget)
            reader.finish()
            if let definition, sql != nil { queries.append(definition) }
        }
        return queries
    }

    /// The columns of a query, in order. One list entry may hold several.
    func columns(_ query: Query, budget: inout Budget) -> [Column] {
        guard query.reader.required("metrics") != nil else { return [] }
        var columns: [Column] = []
        var seen: [String: Position] = [:]
        for item in query.reader.items("metrics") ?? [] {
            guard case .mapping(let entries) = item.content, !entries.isEmpty else {
                problems.add("expected a column with its description below it, found \(item.found)", at: item)
                continue
            }
            for entry in entries {
                guard budget.takeMetric(at: entry.value) else { return columns }
                let place = ColumnReference(entry.key, position: entry.position, path: entry.value.path)
                if entry.key.isEmpty {
                    problems.add(place.problem("the column has no name"))
                } else if let first = seen[entry.key] {
                    problems.add(place.problem("the column \"\(entry.key)\" stands here twice, first at \(first)"))
                } else {
                    seen[entry.key] = entry.position
                    let reader = MappingReader(entry.value, problems: problems)
                    columns.append(Column(reference: place, reader: reader))
                }
            }
        }
        return columns
    }
}
