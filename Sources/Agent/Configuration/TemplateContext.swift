import ExporterKinds
import Settings

/// What reading a template needs to know of the agent.
struct TemplateContext: Sendable {
    /// The kinds of exporter that there are.
    var kinds: [any ExporterKind]
    /// The folder of the file that the template stands in.
    var directory: String
    /// What `${agent.NAME}` stands for.
    var variables: [String: String]

    /// Makes a template independent of where it stands: replaces `${agent.NAME}` (other references stay for when the
    /// service is known), and makes the paths of secret files absolute.
    func prepare(_ node: SettingsNode, kind: any ExporterKind, problems: ProblemList) -> SettingsNode {
        var node = node.mapScalars { text, node in replaceVariables(in: text, at: node, problems: problems) }
        guard case .mapping(var entries) = node.content,
            let index = entries.firstIndex(where: { $0.key == kind.name }),
            case .mapping(var settings) = entries[index].value.content
        else { return node }
        for place in settings.indices where kind.secretKeys.contains(settings[place].key) {
            settings[place].value = withAbsolutePath(settings[place].value)
        }
        entries[index].value.content = .mapping(settings)
        node.content = .mapping(entries)
        return node
    }

    private func withAbsolutePath(_ secret: SettingsNode) -> SettingsNode {
        guard case .mapping(var entries) = secret.content else { return secret }
        for place in entries.indices where entries[place].key == "file" {
            guard case .scalar(let path, let quoted) = entries[place].value.content else { continue }
            entries[place].value.content = .scalar(Paths.resolve(path, in: directory), quoted: quoted)
        }
        var secret = secret
        secret.content = .mapping(entries)
        return secret
    }

    private func replaceVariables(in text: String, at node: SettingsNode, problems: ProblemList) -> String {
        guard text.contains("${agent.") else { return text }
        var result = ""
        var rest = text[...]
        while let start = rest.firstRange(of: "${agent."), let end = rest[start.upperBound...].firstIndex(of: "}") {
            let name = String(rest[start.upperBound..<end])
            if rest[..<start.lowerBound].last == "$" {
                // "$${" is a literal "${", which whoever renders the template takes care of.
                result += rest[...end]
            } else if let value = variables[name] {
                result += rest[..<start.lowerBound] + value
            } else {
                let known = variables.keys.sorted().map { "agent.\($0)" }.joined(separator: ", ")
                problems.add("\"agent.\(name)\" is not known; known are \(known)", at: node)
            }
            rest = rest[rest.index(after: end)...]
        }
        return result + rest
    }
}
