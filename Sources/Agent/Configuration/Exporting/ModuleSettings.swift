import ExportingModules
import Settings

/// Reads the block of a module: what its parameters take.
enum ModuleSettings {
    /// The values by full name. Relative paths become absolute.
    ///
    /// - Parameters:
    ///   - block: The block under the module's kind; nil or empty for the defaults.
    ///   - module: The module.
    ///   - directory: The folder that paths are relative to.
    ///   - problems: Gets what is wrong with the shape of values. The values themselves are the module's to check.
    static func read(
        _ block: SettingsNode?,
        of module: any ExportingModule.Type,
        directory: String,
        problems: ProblemList
    ) -> [String: ModuleValue] {
        guard let block else { return [:] }
        let reader = MappingReader(block, problems: problems)
        var values: [String: ModuleValue] = [:]
        for parameter in module.parameters {
            let key = String(parameter.name.dropFirst(module.name.count + 1))
            guard let node = reader.value(key) else { continue }
            values[parameter.name] = value(node, parameter, directory: directory, problems: problems)
        }
        reader.finish()
        return values
    }

    private static func value(
        _ node: SettingsNode,
        _ parameter: ModuleParameter,
        directory: String,
        problems: ProblemList
    ) -> ModuleValue? {
        if parameter.kind == .secret { return SecretReference(node: node, problems: problems).map { .secret($0) } }
        switch node.content {
        case .scalar(let text, _):
            guard parameter.kind == .path, !text.isEmpty else { return .text(text) }
            return .text(Paths.resolve(text, in: directory))
        case .secret(let secret): return .secret(.literal(secret))
        case .sequence(let items): return list(items, parameter, problems)
        case .mapping(let entries): return mapping(entries, parameter, problems)
        case .null: return nil
        }
    }

    private static func list(
        _ items: [SettingsNode],
        _ parameter: ModuleParameter,
        _ problems: ProblemList
    ) -> ModuleValue? {
        var texts: [String] = []
        for item in items {
            guard let text = item.text else {
                problems.add("expected text, found \(item.found)", at: item)
                return nil
            }
            texts.append(text)
        }
        return .list(texts)
    }

    private static func mapping(
        _ entries: [SettingsNode.Entry],
        _ parameter: ModuleParameter,
        _ problems: ProblemList
    ) -> ModuleValue? {
        var texts: [String: String] = [:]
        for entry in entries {
            guard let text = entry.value.text else {
                problems.add("expected text, found \(entry.value.found)", at: entry.value)
                return nil
            }
            texts[entry.key] = text
        }
        return .mapping(texts)
    }
}
