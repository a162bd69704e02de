import Discovery
import ExporterKinds
import ExporterKit
import Logging
import Settings

/// Makes the exporter that a service's template asks for.
struct ExporterFactory: Sendable {
    private let templates: [String: TemplateConfiguration]
    private let logger: Logger

    init(templates: [TemplateConfiguration], logger: Logger) {
        self.templates = Dictionary(templates.map { ($0.template.name, $0) }) { first, _ in first }
        self.logger = logger
    }

    /// - Throws: `SettingsError` if the rendered settings are wrong.
    func make(_ service: MatchedService) throws -> (exporter: any Exporter, settings: CollectionSettings) {
        guard let template = templates[service.key.template] else {
            throw AgentError(.configuration, "there is no exporter template \"\(service.key.template)\"")
        }
        var logger = logger
        logger[metadataKey: "service"] = "\(service.service.name)"
        logger[metadataKey: "exporter"] = "\(template.template.name)"
        let place = Position(file: "")
        let context = ExporterContext(
            service: service.service.name,
            address: service.service.address,
            port: service.service.port,
            settings: service.settings?[template.kind.name] ?? SettingsNode(content: .null, position: place),
            interval: template.collection.interval,
            timeout: template.collection.timeout,
            directory: template.directory,
            logger: logger
        )
        return (try template.kind.makeExporter(context), template.collection)
    }
}
