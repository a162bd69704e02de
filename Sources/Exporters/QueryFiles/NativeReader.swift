import Settings

/// Reads Muster's own format.
struct NativeReader {
    static let intervals: ClosedRange<Duration> = .milliseconds(100) ... .seconds(7 * 86_400)
    static let timeouts: ClosedRange<Duration> = .milliseconds(1) ... .seconds(3_600)

    let problems: ProblemList

    func read(_ root: SettingsNode, budget: inout Budget) -> [QueryDefinition] {
        let reader = MappingReader(root, problems: problems)
        let named = reader.stringMap("named") ?? [:]
        for (name, sql) in named where sql.isEmpty {
            if let node = root["named"]?[name] { problems.add("the query is empty", at: node) }
        }
        var queries: [QueryDefinition] = []
        if reader.required("queries") != nil {
            for item in reader.items("queries") ?? [] {
                guard budget.takeQuery(at: item) else { break }
                if let query = query(item, named: named, budget: &budget) { queries.append(query) }
            }
        }
        reader.finish()
        return queries
    }

    private func query(_ node: SettingsNode, named: [String: String], budget: inout Budget) -> QueryDefinition? {
        guard case .mapping = node.content else {
            problems.add("expected a mapping with name, query and metrics, found \(node.found)", at: node)
            return nil
        }
        let reader = MappingReader(node, problems: problems)
        let name = reader.requiredString("name")
        let sql = sql(reader, named: named)
        let interval = reader.duration("interval", in: Self.intervals)
        let timeout = reader.duration("timeout", in: Self.timeouts)
        let condition = reader.mapping("when").map(condition)
        let shared = LabelReader(problems: problems).read(reader)
        let onNull = MetricReader.nullPolicy(reader)
        var rules: [MetricRule] = []
        if let metrics = reader.required("metrics") {
            let items = reader.items("metrics") ?? []
            if items.isEmpty, case .sequence = metrics.content {
                problems.add("a query needs at least one metric", at: metrics)
            }
            let metricReader = MetricReader(problems: problems, shared: shared, onNull: onNull ?? .skip)
            for item in items {
                guard budget.takeMetric(at: item) else { break }
                if let rule = metricReader.read(item) { rules.append(rule) }
            }
        }
        reader.finish()
        guard let name, let sql else { return nil }
        var definition = QueryDefinition(
            name: name,
            sql: sql,
            format: .native,
            position: node.position,
            path: node.path
        )
        definition.interval = interval
        definition.timeout = timeout
        definition.condition = condition ?? QueryCondition()
        definition.rules = rules
        return definition
    }

    private func sql(_ reader: MappingReader, named: [String: String]) -> String? {
        let query = reader.string("query")
        let reference = reader.string("query_ref")
        switch (query, reference) {
        case (let sql?, nil):
            if !sql.allSatisfy(\.isWhitespace) { return sql }
            reader.value("query").map { problems.add("the query is empty", at: $0) }
        case (nil, let name?):
            if let sql = named[name] { return sql }
            let nearest = Suggestion.nearest(to: name, among: named.keys.sorted()).map { "; did you mean \"\($0)\"?" }
            let message = "no query named \"\(name)\" under \"named\"\(nearest ?? "")"
            reader.value("query_ref").map { problems.add(message, at: $0) }
        case (_?, let name?):
            problems.add("has both \"query\" and \"query_ref: \(name)\"; give one", at: reader.node)
        case (nil, nil):
            if !reader.has("query"), !reader.has("query_ref") {
                problems.add("needs \"query\" or \"query_ref\"", at: reader.node)
            }
        }
        return nil
    }

    private func condition(_ reader: MappingReader) -> QueryCondition {
        var condition = QueryCondition()
        if let text = reader.string("version") {
            condition.version = VersionRange(text)
            if condition.version == nil, let node = reader.value("version") {
                problems.add("expected a version range such as \">=14 <17\", found \(node.found)", at: node)
            }
        }
        condition.role = reader.choice("role", of: ["primary": .primary, "standby": .standby])
        if let pattern = reader.string("database") {
            if QueryCondition.isPattern(pattern) {
                condition.database = pattern
            } else if let node = reader.value("database") {
                problems.add("expected a regular expression, found \(node.found)", at: node)
            }
        }
        condition.extensions = reader.strings("extension") ?? []
        reader.finish()
        return condition
    }
}
