import Exposition
import Settings

/// Reads postgres_exporter's format (`--extend.query-path`), and does what its documentation says.
///
/// Where postgres_exporter itself does not: MAPPEDMETRIC and DURATION convert, `runonserver` is applied, NULL is left
/// out instead of NaN, and a misspelt usage or a column that the result lacks is an error instead of nothing.
struct PostgresExporterReader {
    private enum Usage: String, CaseIterable {
        case label = "LABEL"
        case counter = "COUNTER"
        case gauge = "GAUGE"
        case mapped = "MAPPEDMETRIC"
        case duration = "DURATION"
        case histogram = "HISTOGRAM"
        case discard = "DISCARD"
    }

    private struct Column {
        var reference: ColumnReference
        var usage: Usage
        var help: String
        var mapping: [String: Double]?
    }

    let problems: ProblemList

    func read(_ root: SettingsNode, budget: inout Budget) -> [QueryDefinition] {
        let legacy = LegacyReader(problems: problems)
        return legacy.read(root, budget: &budget) { query, budget in
            var definition = QueryDefinition(
                name: query.name,
                sql: query.sql,
                format: .postgresExporter,
                position: query.entry.position,
                path: query.entry.value.path
            )
            definition.isPerServer = query.reader.bool("master") ?? false
            if let seconds = query.reader.integer("cache_seconds", in: 0...604_800), seconds > 0 {
                definition.interval = .seconds(seconds)
                definition.isIntervalLowerBound = true
            }
            definition.condition.version = range(query.reader)
            definition.condition.isDisabled = query.sql.allSatisfy(\.isWhitespace)
            let hasMetrics = query.reader.has("metrics") || !definition.condition.isDisabled
            let columns = hasMetrics ? legacy.columns(query, budget: &budget).compactMap(column) : []
            addRules(columns, to: &definition)
            return definition
        }
    }

    private func range(_ reader: MappingReader) -> VersionRange? {
        guard let text = reader.string("runonserver"), let node = reader.value("runonserver") else { return nil }
        if let range = VersionRange(text) { return range }
        problems.add("expected a version range such as \">=10.0.0 <12.0.0\", found \(node.found)", at: node)
        return nil
    }

    private func column(_ column: LegacyReader.Column) -> Column? {
        let reader = column.reader
        let usage = usage(reader)
        let help = reader.string("description") ?? ""
        let mapping = reader.value("metric_mapping").flatMap { MetricReader.mapping($0, problems: problems) }
        if let node = reader.value("metric_mapping"), let usage, usage != .mapped {
            problems.add("only MAPPEDMETRIC has a mapping, this is \(usage.rawValue)", at: node)
        }
        if usage == .mapped, !reader.has("metric_mapping") {
            problems.add("MAPPEDMETRIC needs \"metric_mapping\"", at: reader.node)
        }
        reader.finish()
        return usage.map { Column(reference: column.reference, usage: $0, help: help, mapping: mapping) }
    }

    private func usage(_ reader: MappingReader) -> Usage? {
        guard let node = reader.required("usage"), let text = reader.string("usage") else { return nil }
        if let usage = Usage(rawValue: text) { return usage }
        let words = Usage.allCases.map(\.rawValue)
        let nearest = Suggestion.nearest(to: text, among: words).map { "; did you mean \"\($0)\"?" }
        problems.add("expected one of \(words.joined(separator: ", ")), found \(node.found)\(nearest ?? "")", at: node)
        return nil
    }

    private func addRules(_ columns: [Column], to definition: inout QueryDefinition) {
        var labels: [LabelColumn] = []
        for column in columns where column.usage == .label {
            let place = column.reference
            guard MetricName.checkLabel(place.name, at: place, problems: problems) else { continue }
            labels.append(LabelColumn(label: place.name, column: place))
        }
        labels.sort { $0.label < $1.label }
        if labels.count > LabelReader.maximumLabels {
            let message = "more than \(LabelReader.maximumLabels) labels"
            problems.add(SettingsProblem(position: definition.position, path: definition.path, message: message))
            labels = []
        }
        var listed = Set(columns.map(\.reference.name))
        for column in columns {
            guard var rule = rule(column, namespace: definition.name) else { continue }
            rule.labels = labels
            if column.usage == .histogram {
                listed.formUnion(HistogramColumns.suffixes.map { column.reference.name + $0 })
                if let le = labels.first(where: { $0.label == "le" }) {
                    problems.add(le.column.problem("a histogram cannot have a label \"le\""))
                }
            }
            definition.rules.append(rule)
        }
        definition.unlisted = UnlistedColumns(
            prefix: definition.name + "_",
            help: "Unknown metric from \(definition.name)",
            labels: labels,
            listed: listed
        )
    }

    private func rule(_ column: Column, namespace: String) -> MetricRule? {
        let place = column.reference
        var name = namespace + "_" + place.name
        var kind = MetricKind.gauge
        var source = MetricRule.Source.column(place)
        var conversion = Conversion()
        switch column.usage {
        case .label, .discard:
            return nil
        case .counter:
            kind = .counter
        case .gauge:
            break
        case .mapped:
            conversion.mapping = column.mapping ?? [:]
        case .duration:
            conversion.isDuration = true
            name += "_milliseconds"
        case .histogram:
            kind = .histogram
            source = .histogram(place)
        }
        guard MetricName.check(name, at: place, problems: problems) else { return nil }
        var rule = MetricRule(
            naming: .fixed(name),
            kind: kind,
            source: source,
            position: place.position,
            path: place.path
        )
        rule.conversion = conversion
        rule.help = column.help
        return rule
    }
}
