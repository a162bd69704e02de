import Discovery
import Dispatching
import ExporterKit
import Exposition
import ServiceLifecycle
import Settings
import TestSupport

@testable import Agent

/// A whole agent inside the test: files in a temporary folder, a web server on a port of the system's choice.
struct AgentFixture {
    let folder: TemporaryFolder
    let logs = LogCapture()
    var environment: [String: String] = [:]

    /// - Parameters:
    ///   - exporters: The list under `exporters`.
    ///   - services: The list under `services`.
    ///   - more: What else the configuration says.
    init(exporters: String = hosts, services: String = "[]", more: String = "") throws {
        folder = try TemporaryFolder()
        try folder.makeFolder("root/proc")
        try folder.write("0.25 1.50 10.00 2/345 6789\n", to: "root/proc/loadavg")
        try folder.write("exporters:\n\(exporters)\n\(Self.discovery)\n\(more)\n", to: "muster.yaml")
        try write(services: services)
    }

    /// The host exporter on a root folder of the test's own, for services with the tag `host`.
    static let hosts = """
        - name: machine
          match: {tags: [host]}
          interval: 1s
          host: {root: "${metadata.root}", collectors: [loadavg]}
        """

    private static let discovery = """
        discovery:
          interval: 1s
          hold: 1h
          sources:
          - name: local
            file: {paths: [services.yaml]}
        state: {directory: state}
        """

    /// An entry of the services file that ``hosts`` matches.
    func host(_ name: String, _ more: String = "") -> String {
        "- {name: \(name), address: localhost, tags: [host], metadata: {root: \"\(folder.path)/root\"}\(more)}\n"
    }

    /// Replaces the services file.
    func write(services: String) throws {
        try folder.write(
            services.hasPrefix("[") ? "services: \(services)\n" : "services:\n\(services)\n",
            to: "services.yaml"
        )
    }

    /// The path of the configuration.
    var file: String { folder.path("muster.yaml") }

    /// The configuration as the agent reads it.
    func configuration() throws -> AgentConfiguration {
        try AgentConfiguration.read(file: file, kinds: try BuiltInKinds().kinds)
    }

    /// An agent that does not run yet.
    func core(history: StateStore? = nil) throws -> AgentCore {
        let kinds = try BuiltInKinds()
        return try AgentCore(
            configuration: try AgentConfiguration.read(file: file, kinds: kinds.kinds),
            kinds: kinds,
            key: InstallationKey(),
            environment: environment,
            history: history,
            logger: logs.logger
        )
    }

    /// Runs the agent while `body` runs; then shuts it down gracefully.
    func run<Result: Sendable>(
        history: StateStore? = nil,
        web: WebConfiguration = WebConfiguration(port: 0),
        _ body: @Sendable (RunningAgent) async throws -> Result
    ) async throws -> Result {
        let core = try core(history: history)
        var web = web
        web.port = 0
        let (ports, port) = AsyncStream.makeStream(of: Int.self)
        let server = WebServer(configuration: web, view: core, logger: logs.logger) { port.yield($0) }
        let group = ServiceGroup(services: [core, server], logger: logs.logger)
        return try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask {
                defer { port.finish() }
                try await group.run()
            }
            guard let number = await ports.first(where: { _ in true }) else {
                try await tasks.waitForAll()
                throw TestSupportError("the agent ended before it listened")
            }
            do {
                let result = try await body(RunningAgent(core: core, port: number))
                await group.triggerGracefulShutdown()
                try await tasks.waitForAll()
                return result
            } catch {
                await group.triggerGracefulShutdown()
                try? await tasks.waitForAll()
                throw error
            }
        }
    }
}

/// An agent that runs.
struct RunningAgent: Sendable {
    let core: AgentCore
    let port: Int

    /// The address of a path.
    func url(_ path: String) -> String { "http://127.0.0.1:\(port)\(path)" }

    /// Gets a path.
    func get(_ path: String, headers: [String: String] = [:]) async throws -> HTTPResponse {
        try await HTTP.get(url(path), headers: headers)
    }

    /// Waits until that many services are monitored and have been collected from.
    func monitors(_ count: Int) async throws {
        try await waitUntil("\(count) services are monitored") {
            core.report().services.count { $0.state == "registered" && $0.collection?.up == true } == count
        }
    }

    /// Waits until every source has been asked.
    func isReady() async throws {
        try await waitUntil("the agent is ready") { core.isReady }
    }

    /// Adds an exporter that gives the same families at every collection.
    func register(_ key: String, labels: LabelSet = [:], _ families: [MetricFamily]) async throws {
        let collector = ClosureCollector("all") { batch in
            for family in families { batch.add(family) }
        }
        try await core.registry.register(BaseExporter(collectors: [collector]), key: key, labels: labels)
        _ = await core.scheduler.firstCollection(of: ExporterID(key: key))
    }
}
