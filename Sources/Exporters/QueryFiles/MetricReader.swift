import Exposition
import Settings

/// Reads one entry under `metrics` of Muster's format.
struct MetricReader {
    private static let kinds: KeyValuePairs<String, MetricKind> = [
        "counter": .counter, "gauge": .gauge, "unknown": .unknown, "untyped": .unknown, "info": .info,
        "histogram": .histogram,
    ]

    let problems: ProblemList
    let shared: RuleLabels
    let onNull: NullPolicy

    func read(_ node: SettingsNode) -> MetricRule? {
        guard case .mapping = node.content else {
            problems.add("expected a mapping with name, kind and value, found \(node.found)", at: node)
            return nil
        }
        let reader = MappingReader(node, problems: problems)
        let naming = naming(reader)
        let kind = reader.required("kind").flatMap { _ in reader.choice("kind", of: Self.kinds) }
        let value = column("value", reader)
        let values = reader.items("values")?.compactMap { LabelReader.column($0, problems: problems) }
        let valueLabel = valueLabel(reader)
        let conversion = Conversion(mapping: mapping(reader), scale: scale(reader))
        let labels = LabelReader(problems: problems).read(reader)
        let nullPolicy = Self.nullPolicy(reader)
        let help = reader.string("help")
        let helpColumn = column("help_column", reader)
        if help != nil, helpColumn != nil { problems.add("has both \"help\" and \"help_column\"; give one", at: node) }
        let timestamp = column("timestamp", reader)
        reader.finish()
        guard let naming, let kind else { return nil }
        let entry = Entry(reader: reader, value: value, values: values, valueLabel: valueLabel)
        guard let source = source(kind, entry) else { return nil }
        var rule = MetricRule(naming: naming, kind: kind, source: source, position: node.position, path: node.path)
        let all = shared.adding(labels)
        rule.labels = all.columns
        rule.staticLabels = all.fixed
        rule.conversion = conversion
        rule.onNull = nullPolicy ?? onNull
        rule.help = help ?? ""
        rule.helpColumn = helpColumn
        rule.timestamp = timestamp
        check(
            rule,
            hasConversion: conversion.mapping != nil || conversion.scale != nil,
            isNullPolicyOwn: nullPolicy != nil
        )
        return rule
    }

    static func nullPolicy(_ reader: MappingReader) -> NullPolicy? {
        reader.choice("on_null", of: ["skip": .skip, "nan": .nan, "zero": .zero])
    }

    // MARK: - Parts

    private func naming(_ reader: MappingReader) -> MetricRule.Naming? {
        let name = reader.string("name")
        let column = column("name_column", reader)
        let prefix = reader.string("prefix")
        if let node = reader.value("name"), let name {
            if column != nil { problems.add("has both \"name\" and \"name_column\"; give one", at: reader.node) }
            if let prefix = reader.value("prefix") { problems.add("a prefix needs \"name_column\"", at: prefix) }
            let place = ColumnReference(name, at: node)
            return MetricName.check(name, at: place, problems: problems) ? .fixed(name) : nil
        }
        if let column {
            if let prefix, !prefix.isEmpty, let node = reader.value("prefix") {
                let place = ColumnReference(prefix, at: node)
                guard MetricName.check(prefix, at: place, problems: problems) else { return nil }
            }
            return .column(column, prefix: prefix ?? "")
        }
        if !reader.has("name"), !reader.has("name_column") {
            problems.add("needs \"name\" or \"name_column\"", at: reader.node)
        }
        return nil
    }

    private struct Entry {
        var reader: MappingReader
        var value: ColumnReference?
        var values: [ColumnReference]?
        var valueLabel: String?
    }

    private func source(_ kind: MetricKind, _ entry: Entry) -> MetricRule.Source? {
        let node = entry.reader.node
        switch kind {
        case .info:
            for key in ["value", "values", "value_label"] {
                if let wrong = entry.reader.value(key) {
                    problems.add("an info metric has no value, only labels; leave \"\(key)\" out", at: wrong)
                }
            }
            return .one
        case .histogram:
            for key in ["values", "value_label"] {
                if let wrong = entry.reader.value(key) {
                    problems.add("a histogram has one value column; leave \"\(key)\" out", at: wrong)
                }
            }
            if let value = entry.value { return .histogram(value) }
            if !entry.reader.has("value") {
                problems.add("a histogram needs \"value\", the column of its bounds", at: node)
            }
            return nil
        default:
            return numberSource(entry)
        }
    }

    private func numberSource(_ entry: Entry) -> MetricRule.Source? {
        let node = entry.reader.node
        switch (entry.value, entry.values) {
        case (let value?, nil):
            if let label = entry.reader.value("value_label") { problems.add("needs \"values\"", at: label) }
            return .column(value)
        case (nil, let values?):
            var seen: Set<String> = []
            for column in values where !seen.insert(column.name).inserted {
                problems.add(column.problem("the column \"\(column.name)\" stands here twice"))
            }
            if values.isEmpty, let list = entry.reader.value("values"), case .sequence(let items) = list.content,
                items.isEmpty
            {
                problems.add("needs at least one column", at: list)
            }
            if let label = entry.valueLabel { return .columns(values, label: label) }
            if !entry.reader.has("value_label") {
                problems.add("\"values\" needs \"value_label\", the label that tells the columns apart", at: node)
            }
            return nil
        case (_?, _?):
            problems.add("has both \"value\" and \"values\"; give one", at: node)
            return nil
        case (nil, nil):
            if !entry.reader.has("value") { problems.add("needs \"value\" or \"values\"", at: node) }
            return nil
        }
    }

    private func column(_ key: String, _ reader: MappingReader) -> ColumnReference? {
        reader.value(key).flatMap { LabelReader.column($0, problems: problems) }
    }

    private func valueLabel(_ reader: MappingReader) -> String? {
        guard let name = reader.string("value_label"), let node = reader.value("value_label") else { return nil }
        return MetricName.checkLabel(name, at: ColumnReference(name, at: node), problems: problems) ? name : nil
    }

    private func scale(_ reader: MappingReader) -> Double? {
        guard let scale = reader.number("scale"), let node = reader.value("scale") else { return nil }
        if scale == 0 { problems.add("a scale of 0 would lose every value", at: node) }
        return scale
    }

    private func mapping(_ reader: MappingReader) -> [String: Double]? {
        reader.value("mapping").flatMap { Self.mapping($0, problems: problems) }
    }

    /// A mapping from texts to numbers.
    static func mapping(_ node: SettingsNode, problems: ProblemList) -> [String: Double]? {
        guard case .mapping(let entries) = node.content, !entries.isEmpty else {
            problems.add("expected a mapping from texts to numbers, found \(node.found)", at: node)
            return nil
        }
        var mapping: [String: Double] = [:]
        for entry in entries {
            if let number = entry.value.text.flatMap(Double.init) {
                mapping[entry.key] = number
            } else {
                problems.add("expected a number, found \(entry.value.found)", at: entry.value)
            }
        }
        return mapping
    }

    // MARK: - Checks of the whole

    private func check(_ rule: MetricRule, hasConversion: Bool, isNullPolicyOwn: Bool) {
        func add(_ message: String) {
            problems.add(SettingsProblem(position: rule.position, path: rule.path, message: message))
        }
        let values = Set(rule.valueColumns.map(\.name))
        for label in rule.labels where values.contains(label.column.name) {
            problems.add(label.column.problem("the column \"\(label.column.name)\" is a label and a value"))
        }
        let names = Set(rule.labels.map(\.label) + rule.staticLabels.map(\.name))
        switch rule.source {
        case .columns(_, let label) where names.contains(label):
            add("the value label \"\(label)\" is a label already")
        case .histogram:
            if names.contains("le") { add("a histogram cannot have a label \"le\"") }
            if rule.conversion.mapping != nil { add("a histogram cannot have a mapping") }
            if isNullPolicyOwn { add("a histogram cannot have \"on_null\"; NULL is skipped") }
        case .one:
            if case .fixed(let name) = rule.naming, !name.hasSuffix("_info") {
                add("the name of an info metric ends in _info")
            }
            if names.isEmpty { add("an info metric needs labels") }
            if hasConversion || isNullPolicyOwn { add("an info metric has no value to convert") }
        default:
            break
        }
    }
}
