import Exposition
import Settings

/// The labels of a query or of one of its metrics.
struct RuleLabels {
    var columns: [LabelColumn] = []
    var fixed: [Label] = []

    /// These, with others in place of those of the same name.
    func adding(_ others: RuleLabels) -> RuleLabels {
        let names = Set(others.columns.map(\.label) + others.fixed.map(\.name))
        return RuleLabels(
            columns: (columns.filter { !names.contains($0.label) } + others.columns).sorted { $0.label < $1.label },
            fixed: (fixed.filter { !names.contains($0.name) } + others.fixed).sorted()
        )
    }

    var names: Set<String> { Set(columns.map(\.label) + fixed.map(\.name)) }
}

/// Reads `labels` and `static_labels`.
struct LabelReader {
    static let maximumLabels = 64

    let problems: ProblemList

    func read(_ reader: MappingReader) -> RuleLabels {
        var labels = RuleLabels()
        if let node = reader.value("labels") { labels.columns = columns(node) }
        if let node = reader.value("static_labels") {
            for (name, value) in fixed(node, reader.stringMap("static_labels") ?? [:]) {
                if labels.columns.contains(where: { $0.label == name.name }) {
                    problems.add(name.problem("the label \"\(name.name)\" has a column already"))
                } else {
                    labels.fixed.append(Label(name.name, value))
                }
            }
            labels.fixed.sort()
        }
        if labels.columns.count + labels.fixed.count > Self.maximumLabels {
            problems.add("more than \(Self.maximumLabels) labels", at: reader.node)
            labels = RuleLabels()
        }
        return labels
    }

    /// A list of columns, or a mapping from labels to columns.
    private func columns(_ node: SettingsNode) -> [LabelColumn] {
        var columns: [LabelColumn] = []
        func add(_ place: ColumnReference, _ column: ColumnReference) {
            guard MetricName.checkLabel(place.name, at: place, problems: problems) else { return }
            if columns.contains(where: { $0.label == place.name }) {
                problems.add(place.problem("the label \"\(place.name)\" stands here twice"))
            } else {
                columns.append(LabelColumn(label: place.name, column: column))
            }
        }
        switch node.content {
        case .sequence(let items):
            for item in items {
                guard let column = Self.column(item, problems: problems) else { continue }
                add(column, column)
            }
        case .mapping(let entries):
            for entry in entries {
                guard let column = Self.column(entry.value, problems: problems) else { continue }
                add(ColumnReference(entry.key, position: entry.position, path: entry.value.path), column)
            }
        default:
            problems.add(
                "expected a list of columns or a mapping from labels to columns, found \(node.found)",
                at: node
            )
        }
        return columns.sorted { $0.label < $1.label }
    }

    private func fixed(_ node: SettingsNode, _ values: [String: String]) -> [(ColumnReference, String)] {
        guard case .mapping(let entries) = node.content else { return [] }
        return entries.compactMap { entry in
            let place = ColumnReference(entry.key, position: entry.position, path: entry.value.path)
            guard MetricName.checkLabel(entry.key, at: place, problems: problems) else { return nil }
            return values[entry.key].map { (place, $0) }
        }
    }

    /// The name of a column: any scalar that is not empty.
    static func column(_ node: SettingsNode, problems: ProblemList) -> ColumnReference? {
        if let name = node.text, !name.isEmpty { return ColumnReference(name, at: node) }
        problems.add("expected the name of a column, found \(node.found)", at: node)
        return nil
    }
}
