import Settings

/// A tree of settings whose scalars are templates, parsed once and rendered for many services.
struct SettingsTemplate: Sendable {
    private indirect enum Part: Sendable {
        /// The same for every service.
        case constant(SettingsNode)
        case scalar(Template, SettingsNode)
        case sequence([Part], SettingsNode)
        case mapping([(entry: SettingsNode.Entry, value: Part)], SettingsNode)

        var isConstant: Bool {
            if case .constant = self { true } else { false }
        }
    }

    private let root: Part
    /// The names of the options that the templates use.
    let options: Set<String>

    /// Parses every scalar; those that are no templates are noted as problems and stay as they are.
    init(_ node: SettingsNode, problems: ProblemList) {
        var options: Set<String> = []
        root = Self.compile(node, &options, problems)
        self.options = options
    }

    /// The tree for a service.
    ///
    /// - Throws: `SettingsProblem` with the place of the template that cannot be rendered.
    func render(_ service: Service, source: String) throws(SettingsProblem) -> SettingsNode {
        try Self.render(root, service, source)
    }

    private static func compile(
        _ node: SettingsNode,
        _ options: inout Set<String>,
        _ problems: ProblemList
    ) -> Part {
        switch node.content {
        case .null, .secret:
            return .constant(node)
        case .scalar(let text, _):
            guard text.utf8.contains(UInt8(ascii: "$")), let template = parse(text, at: node, problems: problems) else {
                return .constant(node)
            }
            options.formUnion(template.options)
            return .scalar(template, node)
        case .sequence(let items):
            let parts = items.map { compile($0, &options, problems) }
            return parts.allSatisfy(\.isConstant) ? .constant(node) : .sequence(parts, node)
        case .mapping(let entries):
            let parts = entries.map { (entry: $0, value: compile($0.value, &options, problems)) }
            return parts.allSatisfy(\.value.isConstant) ? .constant(node) : .mapping(parts, node)
        }
    }

    /// Parses a scalar; a mistake is noted with its place, as far as the text stands in the file as it reads.
    static func parse(_ text: String, at node: SettingsNode, problems: ProblemList) -> Template? {
        do {
            return try Template(text)
        } catch {
            var position = node.position
            if case .scalar(_, quoted: false) = node.content, !text.contains(where: \.isNewline) {
                position.column += error.offset
            }
            problems.add(SettingsProblem(position: position, path: node.path, message: error.message))
            return nil
        }
    }

    private static func render(
        _ part: Part,
        _ service: Service,
        _ source: String
    ) throws(SettingsProblem) -> SettingsNode {
        switch part {
        case .constant(let node):
            return node
        case .scalar(let template, let node):
            var copy = node
            do {
                copy.content = .scalar(try template.render(service, source: source), quoted: true)
            } catch {
                throw SettingsProblem(position: node.position, path: node.path, message: error.message)
            }
            return copy
        case .sequence(let parts, let node):
            var copy = node
            var items: [SettingsNode] = []
            items.reserveCapacity(parts.count)
            for part in parts { items.append(try render(part, service, source)) }
            copy.content = .sequence(items)
            return copy
        case .mapping(let parts, let node):
            var copy = node
            var entries: [SettingsNode.Entry] = []
            entries.reserveCapacity(parts.count)
            for part in parts {
                var entry = part.entry
                entry.value = try render(part.value, service, source)
                entries.append(entry)
            }
            copy.content = .mapping(entries)
            return copy
        }
    }
}
