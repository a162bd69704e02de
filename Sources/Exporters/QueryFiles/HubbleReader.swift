import Exposition
import Settings

/// Reads hubble's format: gauges, counters and untyped metrics from the first row of each query.
///
/// hubble gave the n-th column of the result to the n-th metric, whatever their names. Columns are found by name here;
/// only if no metric's name is among them and there are as many of both are they taken in order.
struct HubbleReader {
    private static let kinds = ["COUNTER": MetricKind.counter, "GAUGE": .gauge, "UNTYPED": .unknown]

    let problems: ProblemList
    let prefix: String

    func read(_ root: SettingsNode, budget: inout Budget) -> [QueryDefinition] {
        let legacy = LegacyReader(problems: problems)
        return legacy.read(root, budget: &budget) { query, budget in
            if query.reader.has("query"), query.sql.allSatisfy(\.isWhitespace) {
                query.reader.value("query").map { problems.add("the query is empty", at: $0) }
            }
            let columns = legacy.columns(query, budget: &budget)
            if columns.isEmpty, let metrics = query.reader.value("metrics"),
                case .sequence(let items) = metrics.content,
                items.isEmpty
            {
                problems.add("a query needs at least one metric", at: metrics)
            }
            var definition = QueryDefinition(
                name: query.name,
                sql: query.sql,
                format: .hubble,
                position: query.entry.position,
                path: query.entry.value.path
            )
            definition.rules = columns.compactMap { rule($0, query: query.name) }
            definition.isFirstRowOnly = true
            definition.bindsByPosition = true
            return definition
        }
    }

    private func rule(_ column: LegacyReader.Column, query: String) -> MetricRule? {
        let kind = kind(column)
        let help = column.reader.string("description")
        column.reader.finish()
        let name = (prefix.isEmpty ? "" : prefix + "_") + query + "_" + column.reference.name
        guard MetricName.check(name, at: column.reference, problems: problems), let kind else { return nil }
        var rule = MetricRule(
            naming: .fixed(name),
            kind: kind,
            source: .column(column.reference),
            position: column.reference.position,
            path: column.reference.path
        )
        rule.help = help ?? ""
        return rule
    }

    private func kind(_ column: LegacyReader.Column) -> MetricKind? {
        guard column.reader.required("type") != nil, let text = column.reader.string("type"),
            let node = column.reader.value("type")
        else { return nil }
        if let kind = Self.kinds[text.uppercased()] { return kind }
        let words = Self.kinds.keys.sorted()
        let nearest = Suggestion.nearest(to: text, among: words).map { "; did you mean \"\($0)\"?" }
        problems.add("expected one of \(words.joined(separator: ", ")), found \(node.found)\(nearest ?? "")", at: node)
        return nil
    }
}
