import FoundationEssentials
import Glibc

extension Requirement {
    /// A VictoriaMetrics.
    public static let victoriaMetrics = Requirement(
        "VictoriaMetrics",
        programs: ["victoria-metrics"],
        package: "victoria-metrics"
    )
}

/// A real VictoriaMetrics on 127.0.0.1 that takes remote write and InfluxDB's lines, thrown away at the end.
public final class VictoriaMetricsServer: Sendable {
    /// One stored series.
    public struct Series: Sendable, Hashable, Decodable {
        /// All labels, the name as `__name__`.
        public var metric: [String: String]
        /// The values; nil for one that is not a number.
        public var values: [Double?]
        /// Their times in milliseconds.
        public var timestamps: [Int64]
    }

    /// The TCP port on 127.0.0.1.
    public let port: Int
    /// `http://127.0.0.1:port`.
    public var url: String { "http://127.0.0.1:\(port)" }

    private let folder: TemporaryFolder
    private let server: ServerProcess

    /// Starts an empty one.
    ///
    /// - Throws: ``TestSupportError``, also if VictoriaMetrics is not installed.
    public static func start() async throws -> VictoriaMetricsServer {
        try Requirement.victoriaMetrics.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let data = folder.path("data")
        let server = try await ServerProcess.start(
            [
                "victoria-metrics", "-storageDataPath=\(data)", "-httpListenAddr=127.0.0.1:\(port)",
                "-retentionPeriod=1", "-loggerLevel=WARN", "-search.latencyOffset=0s", "-memory.allowedBytes=64MB",
            ],
            log: folder.path("log")
        ) {
            guard try await HTTP.get("http://127.0.0.1:\(port)/health").status == 200 else { return false }
            return try await HTTP.get("http://127.0.0.1:\(port)/metrics").text.contains(data)
        }
        return VictoriaMetricsServer(port: port, folder: folder, server: server)
    }

    private init(port: Int, folder: TemporaryFolder, server: ServerProcess) {
        self.port = port
        self.folder = folder
        self.server = server
    }

    deinit { server.kill() }

    /// Everything that is stored. What was written last may take a second or two to be there.
    ///
    /// - Throws: ``TestSupportError`` if it fails.
    public func export(_ selector: String = "{__name__!=\"\"}") async throws -> [Series] {
        let answer = try await HTTP.request(
            "POST",
            "\(url)/api/v1/export",
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(FormBody.of([("match[]", selector)]).utf8)
        )
        guard answer.status == 200 else { throw TestSupportError("\(selector): \(answer.text.prefix(1000))") }
        do {
            return try answer.text.split(separator: "\n").map {
                try JSONDecoder().decode(Series.self, from: Data($0.utf8))
            }
        } catch {
            throw TestSupportError("\(selector): \(error): \(answer.text.prefix(1000))")
        }
    }

    /// Stops it in an orderly way.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func stop() async throws { try await server.stop(signal: SIGINT) }
}
