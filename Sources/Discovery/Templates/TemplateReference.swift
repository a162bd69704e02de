/// What a `${...}` stands for.
enum TemplateReference: Hashable, Sendable {
    case name
    case address
    case port
    case source
    case label(String)
    case tag(String)
    case option(String)
    case metadata(String)

    /// Parses what stands between the braces, without the default.
    ///
    /// - Returns: Nil with what was expected, if it names nothing.
    static func parse(_ text: Substring) -> Result<TemplateReference, TemplateError> {
        guard let dot = text.firstIndex(of: ".") else { return .failure(unknown(text)) }
        let key = String(text[text.index(after: dot)...])
        let scope = text[..<dot]
        if key.isEmpty { return .failure(TemplateError("nothing after \"\(scope).\"")) }
        switch (scope, key) {
        case ("service", "name"): return .success(.name)
        case ("service", "address"): return .success(.address)
        case ("service", "port"): return .success(.port)
        case ("service", "source"): return .success(.source)
        case ("label", _): return .success(.label(key))
        case ("tag", _): return .success(.tag(key))
        case ("option", _): return .success(.option(key))
        case ("metadata", _): return .success(.metadata(key))
        default: return .failure(unknown(text))
        }
    }

    private static func unknown(_ text: Substring) -> TemplateError {
        TemplateError(
            "unknown value \"\(text.prefix(80))\"; known are service.name, service.address, service.port, "
                + "service.source, label.X, tag.X, option.X, metadata.X"
        )
    }

    /// Its value for a service; nil if the service has none.
    func value(for service: Service, source: String) -> String? {
        switch self {
        case .name: service.name
        case .address: service.address
        case .port: service.port.map(String.init)
        case .source: source
        case .label(let key): service.labels[key]
        case .tag(let tag): service.tags.contains(tag) ? "true" : "false"
        case .option(let key): service.options[key]
        case .metadata(let key): service.metadata[key]
        }
    }
}
