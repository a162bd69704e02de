import Settings

/// Renders one template for one service.
struct TemplateRenderer: Sendable {
    let template: ExporterTemplate
    let fingerprint: String
    let secrets: [String: Result<Secret, SecretError>]
    let key: InstallationKey

    /// - Throws: `SettingsProblem` with the place in the configuration.
    func render(_ service: Service, source: String) throws(SettingsProblem) -> MatchedService {
        let settings = try settings(service, source)
        let hash = ServiceHash(
            template: template.name,
            kind: template.kind,
            address: service.address,
            port: service.port,
            settings: settings,
            fingerprint: fingerprint,
            key: key
        )
        return MatchedService(
            service: service,
            key: ServiceKey(
                template: template.name,
                name: service.name,
                address: service.address,
                port: service.port
            ),
            hash: hash,
            labels: try labels(service, source),
            settings: settings,
            source: source
        )
    }

    private func settings(_ service: Service, _ source: String) throws(SettingsProblem) -> SettingsNode {
        var root = try template.settings.render(service, source: source)
        guard case .mapping(var entries) = root.content else { return root }
        let index = entries.firstIndex { $0.key == template.kind }
        var block: [SettingsNode.Entry] = []
        if let index {
            switch entries[index].value.content {
            case .mapping(let settings): block = settings
            case .null: break
            default: return root
            }
        }
        let place = index.map { entries[$0].value.position } ?? root.position
        let path = "\(root.path.isEmpty ? "" : root.path + ".")\(template.kind)"
        func set(_ key: String, _ content: SettingsNode.Content, _ position: Position) {
            block.removeAll { $0.key == key }
            let node = SettingsNode(content: content, position: position, path: "\(path).\(key)")
            block.append(SettingsNode.Entry(key: key, position: position, value: node))
        }
        for (key, secret) in template.secrets.sorted(by: { $0.key < $1.key }) where !isOverridden(key, by: service) {
            set(key, .secret(try value(of: secret, key, service, source)), place)
        }
        for (key, value) in service.options.sorted(by: { $0.key < $1.key }) where isOverridden(key, by: service) {
            let isSecret = template.secretKeys.contains(key)
            let position = Position(file: "options of \(service)")
            set(key, isSecret ? .secret(Secret(value)) : .scalar(value, quoted: true), position)
        }
        if block.isEmpty { return root }
        let node = SettingsNode(content: .mapping(block), position: place, path: path)
        if let index {
            entries[index].value = node
        } else {
            entries.append(SettingsNode.Entry(key: template.kind, position: place, value: node))
        }
        root.content = .mapping(entries)
        return root
    }

    private func isOverridden(_ key: String, by service: Service) -> Bool {
        template.overridableKeys.contains(key) && service.options[key] != nil
    }

    private func value(
        of secret: SecretTemplate,
        _ key: String,
        _ service: Service,
        _ source: String
    ) throws(SettingsProblem) -> Secret {
        switch secret {
        case .text(let template, let position, let path):
            do {
                return Secret(try template.render(service, source: source))
            } catch {
                throw SettingsProblem(position: position, path: path, message: error.message)
            }
        case .reference:
            switch secrets[key] {
            case .success(let value)?: return value
            case .failure(let error)?:
                throw SettingsProblem(position: template.position, path: key, message: error.message)
            case nil:
                throw SettingsProblem(position: template.position, path: key, message: "the secret has not been read")
            }
        }
    }

    /// `service`, `host` and, if there is one, `port`; over them the service's own labels; over them the template's.
    /// A label without a value is none.
    private func labels(_ service: Service, _ source: String) throws(SettingsProblem) -> [String: String] {
        var labels = service.labels
        if labels["service"] == nil { labels["service"] = service.name }
        if labels["host"] == nil { labels["host"] = service.address }
        if labels["port"] == nil, let port = service.port { labels["port"] = String(port) }
        for (name, value, node) in template.labels {
            do {
                labels[name] = try value.render(service, source: source)
            } catch {
                throw SettingsProblem(position: node.position, path: node.path, message: error.message)
            }
        }
        return labels.contains { $0.value.isEmpty } ? labels.filter { !$0.value.isEmpty } : labels
    }
}
