import Discovery
import ExporterKit
import Exposition

/// `muster collect`: sets up every service once, collects once, and closes.
public struct CollectCommand: Sendable {
    /// What was collected.
    public struct Result: Sendable {
        /// The page.
        public var page: String
        /// What failed.
        public var errors: [String]
    }

    private let configurationFile: String
    private let service: String?
    private let isOpenMetrics: Bool

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - configurationFile: The configuration.
    ///   - service: Only services with this name.
    ///   - isOpenMetrics: OpenMetrics instead of the text format.
    public init(configurationFile: String, service: String? = nil, isOpenMetrics: Bool = false) {
        self.configurationFile = configurationFile
        self.service = service
        self.isOpenMetrics = isOpenMetrics
    }

    /// Collects.
    ///
    /// - Throws: `SettingsError` if the configuration is wrong; what fails later is in the result.
    public func run() async throws -> Result {
        let shot = try OneShot(configurationFile: configurationFile)
        // A fresh installation has no database yet, and the default configuration watches it.
        try? StateStore(shot.configuration.state, logger: shot.logger).close()
        try shot.kinds.start()
        defer { shot.kinds.stop() }
        var errors: [String] = []
        var services: [MatchedService] = []
        for (catalog, polled) in await shot.poll() {
            switch polled {
            case .success(let found):
                services += found
                errors += catalog.last.texts.map { "source \(catalog.name): \($0)" }
            case .failure(let error): errors.append("source \(catalog.name): \(error)")
            }
        }
        if let service {
            services = services.filter { $0.service.name == service }
            if services.isEmpty { errors.append("no service \"\(service)\" matches an exporter template") }
        }
        let collector = OneShotCollector(
            factory: ExporterFactory(templates: shot.configuration.templates, logger: shot.logger),
            setupTimeout: shot.configuration.collection.setupTimeout
        )
        let collected = await collector.collect(services)
        errors += collected.errors
        let format = ExpositionFormat(syntax: isOpenMetrics ? .openMetrics100 : .text004, escaping: .underscores)
        var page: [UInt8] = []
        let report = PageBuilder(format: format).write(collected.sections) { page += $0 }
        errors += report.problems.map(\.description)
        return Result(page: String(decoding: page, as: UTF8.self), errors: errors)
    }
}
