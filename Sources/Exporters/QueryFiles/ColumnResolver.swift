import Settings

/// Finds columns by name, and notes those that are missing or ambiguous.
struct ColumnResolver {
    private let names: [String]
    private var indices: [String: Int] = [:]
    private var ambiguous: Set<String> = []
    private var noted: Set<ColumnReference> = []
    private(set) var problems: [SettingsProblem] = []

    init(_ names: [String]) {
        self.names = names
        indices.reserveCapacity(names.count)
        for (index, name) in names.enumerated() {
            if indices[name] == nil {
                indices[name] = index
            } else {
                ambiguous.insert(name)
            }
        }
    }

    /// The index of a column; nil, with a problem noted once per place, if there is none or more than one.
    mutating func index(_ column: ColumnReference) -> Int? {
        if let index = indices[column.name], !ambiguous.contains(column.name) { return index }
        guard noted.insert(column).inserted else { return nil }
        if ambiguous.contains(column.name) {
            problems.append(
                column.problem("the result has more than one column \"\(column.name)\"; give them names with AS")
            )
        } else {
            let nearest = Suggestion.nearest(to: column.name, among: names).map { "; did you mean \"\($0)\"?" }
            let shown = names.prefix(20).joined(separator: ", ") + (names.count > 20 ? ", ..." : "")
            let hint = nearest ?? "; it has \(names.isEmpty ? "no columns" : shown)"
            problems.append(column.problem("the column \"\(column.name)\" is not in the result\(hint)"))
        }
        return nil
    }

    /// Gives the n-th metric the n-th column if no metric's name is among the columns.
    ///
    /// - Throws: ``QueryMappingError`` if no name matches and the numbers differ.
    mutating func allowPositions(_ query: QueryDefinition) throws(QueryMappingError) {
        let wanted = query.rules.flatMap(\.valueColumns)
        guard !wanted.isEmpty, !wanted.contains(where: { indices[$0.name] != nil }) else { return }
        guard wanted.count == names.count else {
            let message =
                "the result has \(names.count) columns for \(wanted.count) metrics, and none has a metric's name"
            throw QueryMappingError(
                problems: [SettingsProblem(position: query.position, path: query.path, message: message)]
            )
        }
        ambiguous = []
        for (index, column) in wanted.enumerated() { indices[column.name] = index }
    }
}
