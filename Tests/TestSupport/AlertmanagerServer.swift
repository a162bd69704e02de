import FoundationEssentials

extension Requirement {
    /// An Alertmanager.
    public static let alertmanager = Requirement(
        "Alertmanager",
        programs: ["prometheus-alertmanager"],
        package: "prometheus-alertmanager"
    )
}

/// A real Alertmanager on 127.0.0.1 that notifies nobody, thrown away at the end.
public final class AlertmanagerServer: Sendable {
    /// One alert that goes on.
    public struct Alert: Sendable, Hashable, Decodable {
        /// What Alertmanager knows it by.
        public var labels: [String: String]
        /// What else is said about it.
        public var annotations: [String: String]
        /// When it began.
        public var startsAt: String
        /// When it ended, or will end if nothing more is heard of it.
        public var endsAt: String
        /// Where a person finds out more.
        public var generatorURL: String?
    }

    /// The TCP port on 127.0.0.1.
    public let port: Int
    /// `http://127.0.0.1:port`.
    public var url: String { "http://127.0.0.1:\(port)" }

    private let folder: TemporaryFolder
    private let server: ServerProcess

    /// Starts one without alerts.
    ///
    /// - Throws: ``TestSupportError``, also if Alertmanager is not installed.
    public static func start() async throws -> AlertmanagerServer {
        try Requirement.alertmanager.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let name = folder.path.split(separator: "/").last.map(String.init) ?? ""
        let configuration = "route: {receiver: '\(name)'}\nreceivers: [{name: '\(name)'}]\n"
        let server = try await ServerProcess.start(
            [
                "prometheus-alertmanager",
                "--config.file=\(try folder.write(configuration, to: "alertmanager.yml"))",
                "--storage.path=\(folder.path("data"))", "--web.listen-address=127.0.0.1:\(port)",
                "--cluster.listen-address=", "--log.level=warn",
            ],
            log: folder.path("log")
        ) {
            guard try await HTTP.get("http://127.0.0.1:\(port)/-/ready").status == 200 else { return false }
            return try await HTTP.get("http://127.0.0.1:\(port)/api/v2/receivers").text.contains(name)
        }
        return AlertmanagerServer(port: port, folder: folder, server: server)
    }

    private init(port: Int, folder: TemporaryFolder, server: ServerProcess) {
        self.port = port
        self.folder = folder
        self.server = server
    }

    deinit { server.kill() }

    /// The alerts that go on. What has ended is not among them.
    ///
    /// - Throws: ``TestSupportError`` if it fails.
    public func alerts() async throws -> [Alert] {
        let answer = try await HTTP.get("\(url)/api/v2/alerts")
        do {
            return try JSONDecoder().decode([Alert].self, from: Data(answer.body))
        } catch {
            throw TestSupportError("\(error): \(answer.text.prefix(1000))")
        }
    }

    /// Stops it in an orderly way.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func stop() async throws { try await server.stop() }
}
