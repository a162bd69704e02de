import ExportingModules
import Settings

/// `muster modules`: every exporting module with its parameters, as a configuration with comments.
public struct ModulesCommand: Sendable {
    private let module: String?

    /// Creates the command.
    ///
    /// - Parameter module: Only this module; nil for all.
    public init(module: String? = nil) {
        self.module = module
    }

    /// The configuration.
    ///
    /// - Throws: ``AgentError`` if there is no module of that name.
    public func run() throws -> String {
        let catalogue = BuiltInModules.catalogue
        var names = catalogue.names
        if let module {
            guard names.contains(module) else {
                let near = Suggestion.nearest(to: module, among: names)
                let hint = near.map { "; did you mean \($0)?" } ?? "; there are \(names.joined(separator: ", "))"
                throw AgentError(.configuration, "there is no module \"\(module)\"\(hint)")
            }
            names = [module]
        }
        var text = """
            exporting:
              # The name of a run: ${agent} is the agent's name, ${start} when it was started.
              series: "${agent}-${start}"
              # For how long what waits is still delivered when the agent ends.
              drain: 5s
              modules:

            """
        for name in names {
            guard let module = catalogue[name] else { continue }
            text += Self.entry(module)
        }
        return text
    }

    private static func entry(_ module: any ExportingModule.Type) -> String {
        var text = """

              # The name is yours; it names the queue. Any number of modules may be of one kind.
              - name: \(module.name)
                # Only these series: anchored regular expressions. Left out: all.
                # match: {service: ".*", metric: "pg_.*", labels: {env: prod}}
                # What waits: type disk or memory; policy drop-oldest, drop-newest or block.
                # queue: {type: \(module.crossesNetwork ? "disk" : "memory"), size: \
            \(module.crossesNetwork ? "1GiB" : "64MiB"), age: 7d, policy: drop-oldest}
                \(module.name):

            """
        for parameter in module.parameters { text += lines(parameter, of: module.name) }
        return text
    }

    private static func lines(_ parameter: ModuleParameter, of module: String) -> String {
        let key = parameter.name.dropFirst(module.utf8.count + 1)
        let value = parameter.defaultValue.map(yaml)
        let setting =
            if parameter.isRequired { "\(key):" } else if let value { "\(key): \(value)" } else { "# \(key):" }
        let note = parameter.isRequired ? "; has to be given" : ""
        return """
                  # \(parameter.usage) Expected: \(parameter.type)\(note).
                  \(setting)

            """
    }

    /// A value as YAML reads it back.
    private static func yaml(_ value: ModuleValue) -> String {
        switch value {
        case .text(let text): quoted(text)
        case .secret: "\"\""
        case .list(let texts): "[\(texts.map(quoted).joined(separator: ", "))]"
        case .mapping(let texts):
            "{\(texts.sorted { $0.key < $1.key }.map { "\(quoted($0.key)): \(quoted($0.value))" }.joined(separator: ", "))}"
        case .bool, .integer, .number, .duration: value.description
        }
    }

    private static func quoted(_ text: String) -> String {
        let isPlain =
            !text.isEmpty
            && text.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
                default: false
                }
            }
        // Words that YAML takes for something else.
        if isPlain, !["true", "false", "yes", "no", "on", "off", "null", "y", "n"].contains(text) { return text }
        let escaped = text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n")
        return "\"\(escaped)\""
    }
}
