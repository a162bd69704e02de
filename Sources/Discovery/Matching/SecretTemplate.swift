import Settings

/// A secret of a template: one for all services, or rendered from a service's values.
enum SecretTemplate: Sendable, CustomReflectable {
    case reference(SecretReference)
    case text(Template, Position, path: String)

    /// Reads a secret; nil, with a problem noted, if it is none. No problem shows the text, which may be the secret.
    init?(_ node: SettingsNode, problems: ProblemList) {
        switch node.content {
        case .scalar(let text, _):
            guard let template = try? Template(text) else {
                problems.add("a \"${\" in it begins no known value; write \"$${\" for a literal one", at: node)
                return nil
            }
            if let literal = template.literal {
                self = .reference(.literal(Secret(literal)))
            } else {
                self = .text(template, node.position, path: node.path)
            }
        case .mapping(let entries):
            if let entry = entries.first(where: { $0.value.isTemplate }) {
                problems.add("where a secret is cannot depend on the service", at: entry.value)
                return nil
            }
            guard let reference = SecretReference(node: node, problems: problems) else { return nil }
            self = .reference(reference)
        default:
            guard let reference = SecretReference(node: node, problems: problems) else { return nil }
            self = .reference(reference)
        }
    }

    var options: Set<String> {
        if case .text(let template, _, _) = self { template.options } else { [] }
    }

    /// Shows no children: parts of a secret may be written out around a value.
    var customMirror: Mirror { Mirror(self, children: [:]) }
}
