import Settings

/// Tells the formats apart by their shape.
enum FormatDetector {
    /// The format; nil, with a problem noted, if it is none or two of them.
    static func detect(_ root: SettingsNode, problems: ProblemList) -> QueryFileFormat? {
        guard case .mapping(let entries) = root.content, !entries.isEmpty else {
            let found = root.isNull ? "the file is empty" : "found \(root.isNull ? "nothing" : root.found)"
            problems.add("expected \"queries:\" or a mapping from names to queries; \(found)", at: root)
            return nil
        }
        if root["collector_name"]?.text != nil || isSequence(root["collectors"]) {
            problems.add(
                "this is sql_exporter's format, which is not supported; supported are Muster's, hubble's and "
                    + "postgres_exporter's",
                at: root
            )
            return nil
        }
        // In the other formats every value at the top is a query, thus a mapping.
        let isNative = entries.contains { entry in
            switch entry.value.content {
            case .sequence: true
            case .mapping(let inner): entry.key == "named" && !inner.contains { $0.key == "query" }
            default: entry.key == "queries" || entry.key == "named"
            }
        }
        if isNative { return .native }
        return detectLegacy(entries, root: root, problems: problems)
    }

    private static func detectLegacy(
        _ entries: [SettingsNode.Entry],
        root: SettingsNode,
        problems: ProblemList
    ) -> QueryFileFormat? {
        var type: SettingsNode.Entry?
        var usage: SettingsNode.Entry?
        var isPostgresExporters = false
        for query in entries {
            guard case .mapping(let keys) = query.value.content else { continue }
            for key in keys {
                switch key.key {
                case "master", "cache_seconds", "runonserver": isPostgresExporters = true
                case "query": isPostgresExporters = isPostgresExporters || key.value.text == ""
                case "metrics":
                    for column in columns(key.value) {
                        if type == nil { type = entry("type", in: column) }
                        if usage == nil { usage = entry("usage", in: column) }
                    }
                default: break
                }
            }
        }
        switch (type, usage) {
        case (let type?, let usage?):
            let later = type.position.isBefore(usage.position) ? usage : type
            let earlier = later.position == type.position ? usage : type
            problems.add(
                SettingsProblem(
                    position: later.position,
                    path: later.value.path,
                    message: "\"\(later.key)\" here and \"\(earlier.key)\" in line \(earlier.position.line) mix two "
                        + "formats: hubble's has \"type\", postgres_exporter's has \"usage\""
                )
            )
            return nil
        case (_?, nil): return .hubble
        case (nil, _?): return .postgresExporter
        case (nil, nil):
            if isPostgresExporters { return .postgresExporter }
            problems.add(
                "cannot tell the format: expected \"queries:\" with a list (Muster's), or metrics with a \"usage\" "
                    + "(postgres_exporter's) or a \"type\" (hubble's)",
                at: root
            )
            return nil
        }
    }

    /// What stands under the columns' names in a list of `{column: {...}}`.
    private static func columns(_ metrics: SettingsNode) -> [SettingsNode] {
        guard case .sequence(let items) = metrics.content else { return [] }
        return items.flatMap { item -> [SettingsNode] in
            guard case .mapping(let entries) = item.content else { return [] }
            return entries.map(\.value)
        }
    }

    private static func entry(_ key: String, in node: SettingsNode) -> SettingsNode.Entry? {
        guard case .mapping(let entries) = node.content else { return nil }
        return entries.first { $0.key == key }
    }

    private static func isSequence(_ node: SettingsNode?) -> Bool {
        if case .sequence? = node?.content { true } else { false }
    }
}

extension Position {
    /// Whether it stands before another place of the same file.
    func isBefore(_ other: Position) -> Bool { (line, column) < (other.line, other.column) }
}
