public import Settings

/// How the services that match a rule are exported: the kind of exporter, its settings and labels.
public struct ExporterTemplate: Sendable {
    /// What it is called; unique.
    public let name: String
    /// The kind of exporter, which is also the key of the kind's block in the settings.
    public let kind: String
    /// Which services it is for.
    public let match: MatchRule
    /// The keys of the kind's block that a service's options may override.
    public let overridableKeys: Set<String>
    /// The keys of the kind's block that hold secrets.
    public let secretKeys: Set<String>

    let position: Position
    let labels: [(name: String, value: Template, node: SettingsNode)]
    let settings: SettingsTemplate
    let secrets: [String: SecretTemplate]
    let fingerprint: @Sendable () -> String
    /// The options that anything in it uses.
    let usedOptions: Set<String>

    /// Reads a template from a configuration: its `match`, its `labels`, and everything else as settings, in which
    /// `${...}` stands for values of the service. What types the settings have is checked by whoever knows the kind.
    ///
    /// - Parameters:
    ///   - block: The whole template: `match`, `labels`, `interval`, `timeout`, the kind's block.
    ///   - name: The template's name.
    ///   - kind: The kind of exporter.
    ///   - overridableKeys: The keys of the kind's block that a service's options may override.
    ///   - secretKeys: The keys of the kind's block that hold secrets: a scalar, or `{env: NAME}` or `{file: PATH}`,
    ///     in which no `${...}` may stand, so that no service can choose among the secrets of this machine.
    ///   - fingerprint: What besides the settings decides what is collected, such as a digest of query files. Asked
    ///     on every match, so it must be cheap while nothing changes.
    ///   - problems: What is wrong goes there; the template is not to be used then.
    public init(
        block: SettingsNode,
        name: String,
        kind: String,
        overridableKeys: Set<String> = [],
        secretKeys: Set<String> = [],
        fingerprint: @escaping @Sendable () -> String = { "" },
        problems: ProblemList
    ) {
        self.name = name
        self.kind = kind
        self.overridableKeys = overridableKeys
        self.secretKeys = secretKeys
        self.fingerprint = fingerprint
        position = block.position
        match = block["match"].map { MatchRule(node: $0, problems: problems) } ?? MatchRule()
        labels = Self.labels(block["labels"], problems: problems)
        let (rest, secrets) = Self.separate(block, kind: kind, secretKeys: secretKeys, problems: problems)
        self.secrets = secrets
        settings = SettingsTemplate(rest, problems: problems)
        var used = overridableKeys.union(settings.options)
        for label in labels { used.formUnion(label.value.options) }
        for secret in secrets.values { used.formUnion(secret.options) }
        usedOptions = used
    }

    private static func labels(
        _ node: SettingsNode?,
        problems: ProblemList
    ) -> [(name: String, value: Template, node: SettingsNode)] {
        guard let node, !node.isNull else { return [] }
        guard case .mapping(let entries) = node.content else {
            problems.add("expected a mapping of labels, found \(node.found)", at: node)
            return []
        }
        return entries.compactMap { entry in
            if let fault = ServiceRules.fault(inLabelName: entry.key) {
                problems.add(SettingsProblem(position: entry.position, path: node.path, message: fault))
                return nil
            }
            // Nothing stands for no label: it takes away one that the service would have.
            guard let text = entry.value.isNull ? "" : entry.value.text else {
                problems.add("expected a string, found \(entry.value.found)", at: entry.value)
                return nil
            }
            return SettingsTemplate.parse(text, at: entry.value, problems: problems)
                .map { (entry.key, $0, entry.value) }
        }
    }

    /// Takes out of a block what is no setting, and the secrets.
    private static func separate(
        _ block: SettingsNode,
        kind: String,
        secretKeys: Set<String>,
        problems: ProblemList
    ) -> (rest: SettingsNode, secrets: [String: SecretTemplate]) {
        guard case .mapping(let entries) = block.content else { return (block, [:]) }
        var secrets: [String: SecretTemplate] = [:]
        var kept: [SettingsNode.Entry] = []
        for entry in entries where !["name", "match", "labels"].contains(entry.key) {
            var entry = entry
            if entry.key == kind, case .mapping(let settings) = entry.value.content {
                entry.value.content = .mapping(settings.filter { !secretKeys.contains($0.key) })
                for setting in settings where secretKeys.contains(setting.key) && !setting.value.isNull {
                    secrets[setting.key] = SecretTemplate(setting.value, problems: problems)
                }
            }
            kept.append(entry)
        }
        var rest = block
        rest.content = .mapping(kept)
        return (rest, secrets)
    }
}
