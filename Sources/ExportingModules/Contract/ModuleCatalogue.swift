import Settings

/// The kinds of modules that a configuration can name.
///
/// ```swift
/// var catalogue = ModuleCatalogue.standard
/// try catalogue.add(MyModule.self)
/// let module = try catalogue.make("console", settings: ["console.data": .bool(true)])
/// ```
public struct ModuleCatalogue: Sendable {
    private var modules: [String: any ExportingModule.Type] = [:]

    /// Creates an empty catalogue.
    public init() {}

    /// The modules of this library.
    public static var standard: ModuleCatalogue {
        var catalogue = ModuleCatalogue()
        let modules: [any ExportingModule.Type] = [
            AlertmanagerModule.self, ConsoleModule.self, FileModule.self, GraphiteModule.self, InfluxDBModule.self,
            PrometheusModule.self, SocketModule.self, WebhookModule.self,
        ]
        for module in modules { catalogue.modules[module.name] = module }
        return catalogue
    }

    /// The names of the modules, in order.
    public var names: [String] { modules.keys.sorted() }

    /// The module of a name; nil if there is none.
    public subscript(name: String) -> (any ExportingModule.Type)? { modules[name] }

    /// Adds a kind of module.
    ///
    /// - Throws: ``ModuleConfigurationError`` if its name is taken or no name, or one of its parameters is not named after
    ///   it, is there twice, or has a default that it does not allow.
    public mutating func add(_ module: any ExportingModule.Type) throws(ModuleConfigurationError) {
        let name = module.name
        guard !name.isEmpty, name.utf8.allSatisfy(Self.isNameByte) else {
            throw ModuleConfigurationError(name, "a module is named with lower-case letters, digits and _")
        }
        guard modules[name] == nil else {
            throw ModuleConfigurationError(name, "there is a module of that name already")
        }
        var seen: Set<String> = []
        for parameter in module.parameters {
            let rest = parameter.name.dropFirst(name.utf8.count + 1)
            guard parameter.name.hasPrefix(name + "."), !rest.isEmpty, rest.utf8.allSatisfy(Self.isNameByte) else {
                throw ModuleConfigurationError(parameter.name, "a parameter of \(name) is named \(name).something")
            }
            guard seen.insert(parameter.name).inserted else {
                throw ModuleConfigurationError(parameter.name, "is declared twice")
            }
            if let value = parameter.defaultValue {
                var optional = parameter
                optional.isRequired = false
                _ = try ModuleConfiguration(parameters: [optional], settings: [parameter.name: value])
            }
        }
        modules[name] = module
    }

    /// Makes a module.
    ///
    /// - Throws: ``ModuleConfigurationError`` for an unknown name, and for everything that is wrong with the settings.
    public func make(
        _ name: String,
        settings: [String: ModuleValue],
        context: ModuleContext = ModuleContext()
    ) throws -> any ExportingModule {
        guard let module = modules[name] else {
            let near = Suggestion.nearest(to: name, among: modules.keys)
            let hint = near.map { "; did you mean \($0)?" } ?? "; there are \(names.joined(separator: ", "))"
            throw ModuleConfigurationError(name, "there is no such module\(hint)")
        }
        return try module.init(configuration: ModuleConfiguration(of: module, settings: settings, context: context))
    }

    private static func isNameByte(_ byte: UInt8) -> Bool {
        (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) || (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte)
            || byte == UInt8(ascii: "_")
    }
}
