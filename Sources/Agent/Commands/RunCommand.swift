import Discovery
public import ExporterKinds
import Foundation
public import Logging
import ServiceLifecycle
import Settings
import UnixSignals

/// `muster run`: watches services until SIGTERM or SIGINT.
public struct RunCommand: Sendable {
    private let configurationFile: String
    private let listen: (host: String, port: Int)?
    private let stateDirectory: String?
    private let logLevel: Logger.Level
    private let otherKinds: [any ExporterKind]

    /// Creates the command.
    ///
    /// - Parameters:
    ///   - configurationFile: The configuration.
    ///   - listen: Overrides the configuration's address.
    ///   - stateDirectory: Overrides the configuration's.
    ///   - logLevel: The least severe level that is logged.
    ///   - otherKinds: Kinds of exporter that templates may name besides the program's own.
    public init(
        configurationFile: String,
        listen: (host: String, port: Int)? = nil,
        stateDirectory: String? = nil,
        logLevel: Logger.Level = .info,
        otherKinds: [any ExporterKind] = []
    ) {
        self.configurationFile = configurationFile
        self.listen = listen
        self.stateDirectory = stateDirectory
        self.logLevel = logLevel
        self.otherKinds = otherKinds
    }

    /// Runs until it is told to stop.
    ///
    /// - Throws: ``AgentError`` or `SettingsError`: what keeps the agent from starting, for a person.
    public func run() async throws {
        let level = logLevel
        LoggingSystem.bootstrap { label in
            var handler = StreamLogHandler.standardError(label: label)
            handler.logLevel = level
            return handler
        }
        let logger = Logger(label: "muster")
        _ = ProcessFacts.startTime
        // Before anything touches the disk: should that hang, the log says how far the agent has come.
        logger.debug(
            "Muster is starting",
            metadata: ["version": "\(AgentVersion.current)", "config": "\(configurationFile)"]
        )
        let kinds = try BuiltInKinds(and: otherKinds)
        var configuration = try AgentConfiguration.read(
            file: configurationFile,
            stateDirectory: stateDirectory,
            kinds: kinds.kinds
        )
        if let listen { (configuration.web.host, configuration.web.port) = listen }
        let history = try StateStore(configuration.state, logger: logger)
        defer { history.close() }
        let (key, warning) = try InstallationKey.load(directory: configuration.state.directory)
        if let warning { logger.warning("The installation's key", metadata: ["detail": "\(warning)"]) }
        let core = try AgentCore(
            configuration: configuration,
            kinds: kinds,
            key: key,
            environment: ProcessInfo.processInfo.environment,
            history: history,
            logger: logger
        )
        try await serve(core, logger: logger)
    }

    private func serve(_ core: AgentCore, logger: Logger) async throws {
        let web = WebServer(configuration: core.configuration.web, view: core, logger: logger) { port in
            var shown = core.configuration.web
            shown.port = port
            if shown.host == "0.0.0.0" || shown.host == "::" { shown.host = "localhost" }
            logger.info("Muster is listening", metadata: ["address": "http://\(shown.address)/"])
            print("Muster \(AgentVersion.current): open http://\(shown.address)/")
            fflush(nil)
        }
        var quiet = logger
        quiet.logLevel = max(logger.logLevel, .warning)
        var services: [any ServiceLifecycle.Service] = [core, web]
        if let hub = core.hub { services.append(HangupService(hub: hub, logger: logger)) }
        var configuration = ServiceGroupConfiguration(
            services: services,
            gracefulShutdownSignals: [.sigterm, .sigint],
            logger: quiet
        )
        configuration.maximumGracefulShutdownDuration = .seconds(30)
        try await ServiceGroup(configuration: configuration).run()
    }
}
