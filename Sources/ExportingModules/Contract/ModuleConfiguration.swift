public import Settings

/// The checked configuration of a module: every declared parameter has a value of its type, or none if it may have none.
///
/// The getters take the full name of a parameter. Asking for one that was not declared, or as another type, is an error
/// of the module; it is thrown, so that it shows in the first test and not as a silent default.
public struct ModuleConfiguration: Sendable {
    /// What the module is given besides its parameters.
    public let context: ModuleContext
    private let parameters: [String: ModuleParameter]
    private let values: [String: ModuleValue]

    /// Checks a configuration against the parameters of a module.
    ///
    /// - Parameters:
    ///   - module: The type of the module.
    ///   - settings: What was configured, by full name. Text is read as whatever the parameter is.
    ///   - context: What the module is given besides.
    /// - Throws: ``ModuleConfigurationError`` with every unknown name, wrong value and missing value.
    public init(
        of module: any ExportingModule.Type,
        settings: [String: ModuleValue],
        context: ModuleContext = ModuleContext()
    ) throws(ModuleConfigurationError) {
        try self.init(parameters: module.parameters, settings: settings, context: context)
    }

    /// Checks a configuration against parameters.
    ///
    /// - Throws: ``ModuleConfigurationError`` with every unknown name, wrong value and missing value.
    public init(
        parameters: [ModuleParameter],
        settings: [String: ModuleValue],
        context: ModuleContext = ModuleContext()
    ) throws(ModuleConfigurationError) {
        var problems: [ModuleConfigurationError.Problem] = []
        var values: [String: ModuleValue] = [:]
        let known = Dictionary(parameters.map { ($0.name, $0) }) { first, _ in first }
        for (name, value) in settings.sorted(by: { $0.key < $1.key }) {
            guard let parameter = known[name] else {
                let near = Suggestion.nearest(to: name, among: known.keys)
                let hint = near.map { "; did you mean \($0)?" } ?? ""
                problems.append(.init(parameter: name, message: "there is no such parameter\(hint)"))
                continue
            }
            switch parameter.kind.read(value) {
            case .success(let value): values[name] = value
            case .failure(let mismatch):
                let found = mismatch.value.debugDescription
                problems.append(.init(parameter: name, message: "expected \(parameter.type), found \(found)"))
            }
        }
        for parameter in parameters where settings[parameter.name] == nil {
            if let value = parameter.defaultValue, case .success(let checked) = parameter.kind.read(value) {
                values[parameter.name] = checked
            } else if parameter.isRequired {
                problems.append(.init(parameter: parameter.name, message: "is missing; expected \(parameter.type)"))
            }
        }
        guard problems.isEmpty else { throw ModuleConfigurationError(problems: problems) }
        self.context = context
        self.parameters = known
        self.values = values
    }
}

// MARK: - Values

extension ModuleConfiguration {
    /// The value of a `bool`; nil if there is none.
    public func bool(_ name: String) throws(ModuleConfigurationError) -> Bool? {
        guard let value = try value(name) else { return nil }
        guard case .bool(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of an `integer` or a `size`, the latter in bytes; nil if there is none.
    public func integer(_ name: String) throws(ModuleConfigurationError) -> Int? {
        guard let value = try value(name) else { return nil }
        guard case .integer(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of a `number`; nil if there is none.
    public func number(_ name: String) throws(ModuleConfigurationError) -> Double? {
        guard let value = try value(name) else { return nil }
        guard case .number(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of a `text`, `choice` or `path`; nil if there is none.
    public func text(_ name: String) throws(ModuleConfigurationError) -> String? {
        guard let value = try value(name) else { return nil }
        guard case .text(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of a `duration`; nil if there is none.
    public func duration(_ name: String) throws(ModuleConfigurationError) -> Duration? {
        guard let value = try value(name) else { return nil }
        guard case .duration(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of a `secret`; nil if there is none. ``ModuleContext/reveal(_:)`` reads it.
    public func secret(_ name: String) throws(ModuleConfigurationError) -> SecretReference? {
        guard let value = try value(name) else { return nil }
        guard case .secret(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of a `list`; nil if there is none.
    public func list(_ name: String) throws(ModuleConfigurationError) -> [String]? {
        guard let value = try value(name) else { return nil }
        guard case .list(let result) = value else { throw mismatch(name) }
        return result
    }

    /// The value of a `mapping`; nil if there is none.
    public func mapping(_ name: String) throws(ModuleConfigurationError) -> [String: String]? {
        guard let value = try value(name) else { return nil }
        guard case .mapping(let result) = value else { throw mismatch(name) }
        return result
    }

    /// A value that the module cannot do without.
    public func required<Value>(
        _ name: String,
        _ value: Value?
    ) throws(ModuleConfigurationError) -> Value {
        guard let value else { throw ModuleConfigurationError(name, "is missing") }
        return value
    }

    private func value(_ name: String) throws(ModuleConfigurationError) -> ModuleValue? {
        guard parameters[name] != nil else {
            throw ModuleConfigurationError(name, "the module asks for a parameter that it does not declare")
        }
        return values[name]
    }

    private func mismatch(_ name: String) -> ModuleConfigurationError {
        ModuleConfigurationError(name, "the module asks for another type than it declares")
    }
}

// MARK: - Checking

/// A value that is not what a parameter asks for.
private struct Mismatch: Error {
    var value: ModuleValue
}

extension ModuleValue {
    /// The value with quotation marks where it is text.
    fileprivate var debugDescription: String {
        if case .text(let text) = self { "\"\(text)\"" } else { description }
    }
}

extension ModuleParameter.Kind {
    fileprivate func read(_ value: ModuleValue) -> Result<ModuleValue, Mismatch> {
        let result: ModuleValue? =
            switch self {
            case .bool: Self.bool(value).map { .bool($0) }
            case .integer(let range): Self.integer(value).flatMap { range.contains($0) ? .integer($0) : nil }
            case .number(let range): Self.number(value).flatMap { range.contains($0) ? .number($0) : nil }
            case .text: Self.text(value).map { .text($0) }
            case .choice(let words): Self.text(value).flatMap { words.contains($0) ? .text($0) : nil }
            case .path: Self.path(value).map { .text($0) }
            case .duration(let range): Self.duration(value).flatMap { range.contains($0) ? .duration($0) : nil }
            case .size(let range): Self.size(value).flatMap { range.contains($0) ? .integer($0) : nil }
            case .secret: Self.secret(value).map { .secret($0) }
            case .list: Self.list(value).map { .list($0) }
            case .mapping: if case .mapping = value { value } else { nil }
            }
        return result.map { .success($0) } ?? .failure(Mismatch(value: value))
    }

    /// Scalars are text as they are written; lists, mappings and secrets are none.
    private static func text(_ value: ModuleValue) -> String? {
        switch value {
        case .bool, .integer, .number, .text, .duration: value.description
        case .secret, .list, .mapping: nil
        }
    }

    private static func secret(_ value: ModuleValue) -> SecretReference? {
        if case .secret(let reference) = value { return reference }
        return text(value).map { .literal(Secret($0)) }
    }

    /// A single text is a list of one.
    private static func list(_ value: ModuleValue) -> [String]? {
        if case .list(let values) = value { return values }
        return text(value).map { [$0] }
    }

    private static func bool(_ value: ModuleValue) -> Bool? {
        switch value {
        case .bool(let value): value
        case .text("true"): true
        case .text("false"): false
        default: nil
        }
    }

    private static func integer(_ value: ModuleValue) -> Int? {
        switch value {
        case .integer(let value): value
        case .text(let text): Int(text)
        default: nil
        }
    }

    private static func number(_ value: ModuleValue) -> Double? {
        switch value {
        case .number(let value): value
        case .integer(let value): Double(value)
        case .text(let text): Double(text)
        default: nil
        }
    }

    /// A path is not empty and has no NUL, which no file can be named with.
    private static func path(_ value: ModuleValue) -> String? {
        guard case .text(let path) = value, !path.isEmpty, !path.utf8.contains(0) else { return nil }
        return path
    }

    private static func duration(_ value: ModuleValue) -> Duration? {
        switch value {
        case .duration(let value): value
        case .text(let text): DurationText.parse(text)
        default: nil
        }
    }

    private static func size(_ value: ModuleValue) -> Int? {
        switch value {
        case .integer(let value): value
        case .text(let text): ByteSize.bytes(text)
        default: nil
        }
    }
}
