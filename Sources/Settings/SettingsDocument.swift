import Yams

/// Reads YAML (and JSON, which is YAML) into ``SettingsNode``s, with bounds on size, depth and number of nodes.
public enum SettingsDocument {
    /// The bounds of a document that comes from outside.
    public struct Limits: Sendable {
        /// The longest text, in bytes.
        public var length: Int
        /// The deepest nesting.
        public var depth: Int
        /// The largest number of values, after aliases have been expanded.
        public var nodes: Int

        /// Creates limits; the defaults suit a configuration file.
        public init(length: Int = 4 << 20, depth: Int = 64, nodes: Int = 200_000) {
            self.length = length
            self.depth = depth
            self.nodes = nodes
        }
    }

    /// Reads a file.
    ///
    /// - Throws: ``SettingsError`` with the place of the first mistake.
    public static func read(file: String, limits: Limits = Limits()) throws(SettingsError) -> SettingsNode {
        let text: String
        do {
            text = try BoundedFile.read(file, maximumLength: limits.length)
        } catch {
            throw SettingsError(SettingsProblem(position: Position(file: file), message: "cannot be read: \(error)"))
        }
        return try parse(text, file: file, limits: limits)
    }

    /// Parses a text. An empty document is ``SettingsNode/Content/null``.
    ///
    /// - Parameters:
    ///   - text: YAML or JSON, one document.
    ///   - file: The name to use in positions.
    ///   - limits: The bounds.
    /// - Throws: ``SettingsError`` with the place of the first mistake.
    public static func parse(
        _ text: String,
        file: String,
        limits: Limits = Limits()
    ) throws(SettingsError) -> SettingsNode {
        guard text.utf8.count <= limits.length else {
            throw SettingsError(
                SettingsProblem(position: Position(file: file), message: "larger than \(limits.length) bytes")
            )
        }
        let root: Node?
        do {
            // Composing recurses once a level, so depth is bounded before it runs.
            try DepthCheck.check(text, limit: limits.depth, file: file)
            root = try Yams.compose(yaml: text)
        } catch let error as SettingsError {
            throw error
        } catch let error as YamlError {
            throw SettingsError(problem(error, file: file))
        } catch {
            throw SettingsError(SettingsProblem(position: Position(file: file), message: "not YAML: \(error)"))
        }
        guard let root else { return SettingsNode(content: .null, position: Position(file: file)) }
        var budget = limits.nodes
        return try convert(root, file: file, path: "", depth: limits.depth, budget: &budget)
    }

    private static func convert(
        _ node: Node,
        file: String,
        path: String,
        depth: Int,
        budget: inout Int
    ) throws(SettingsError) -> SettingsNode {
        let position = Position(file: file, line: node.mark?.line ?? 1, column: node.mark?.column ?? 1)
        budget -= 1
        guard budget >= 0, depth >= 0 else {
            let message = budget < 0 ? "too many values (aliases count each time)" : "nested too deeply"
            throw SettingsError(SettingsProblem(position: position, path: path, message: message))
        }
        let content: SettingsNode.Content
        switch node {
        case .scalar(let scalar):
            content = convert(scalar)
        case .sequence(let sequence):
            var items: [SettingsNode] = []
            for (index, item) in sequence.enumerated() {
                let path = "\(path)[\(index)]"
                items.append(try convert(item, file: file, path: path, depth: depth - 1, budget: &budget))
            }
            content = .sequence(items)
        case .mapping(let mapping):
            var entries: [SettingsNode.Entry] = []
            for (key, value) in mapping {
                let keyPosition = Position(
                    file: file,
                    line: key.mark?.line ?? position.line,
                    column: key.mark?.column ?? position.column
                )
                guard case .scalar(let name) = key else {
                    throw SettingsError(
                        SettingsProblem(position: keyPosition, path: path, message: "a key must be a string")
                    )
                }
                let path = path.isEmpty ? name.string : "\(path).\(name.string)"
                let value = try convert(value, file: file, path: path, depth: depth - 1, budget: &budget)
                entries.append(SettingsNode.Entry(key: name.string, position: keyPosition, value: value))
            }
            content = .mapping(entries)
        case .alias:
            throw SettingsError(
                SettingsProblem(position: position, path: path, message: "this alias names no anchor")
            )
        }
        return SettingsNode(content: content, position: position, path: path)
    }

    private static func convert(_ scalar: Node.Scalar) -> SettingsNode.Content {
        guard scalar.style == .any || scalar.style == .plain else { return .scalar(scalar.string, quoted: true) }
        switch scalar.string {
        case "", "~", "null", "Null", "NULL": return .null
        default: return .scalar(scalar.string, quoted: false)
        }
    }

    private static func problem(_ error: YamlError, file: String) -> SettingsProblem {
        switch error {
        case .scanner(_, let problem, let mark, _), .parser(_, let problem, let mark, _),
            .composer(_, let problem, let mark, _):
            return SettingsProblem(
                position: Position(file: file, line: mark.line, column: mark.column),
                message: "not YAML: \(problem)"
            )
        case .duplicatedKeysInMapping(let duplicates, let context):
            let names = duplicates.map { "\"\($0)\"" }.joined(separator: ", ")
            return SettingsProblem(
                position: Position(file: file, line: context.mark.line, column: context.mark.column),
                message: "the key \(names) stands here more than once"
            )
        default:
            return SettingsProblem(position: Position(file: file), message: "not YAML: \(error)")
        }
    }
}
