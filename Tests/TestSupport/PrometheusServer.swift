import FoundationEssentials
import Glibc

/// A real Prometheus on 127.0.0.1 that scrapes what a test wants.
///
/// It applies changes of targets, the first ones too, only every 5 seconds: start one per suite, and wait long.
public final class PrometheusServer: Sendable {
    /// One `scrape_config`.
    public struct Job: Sendable {
        /// The `job` label.
        public var name: String
        /// `host:port` each.
        public var targets: [String]
        /// The path with no query.
        public var path: String
        /// Lines added to the `scrape_config`, not indented.
        public var extra: String

        /// Creates a job.
        public init(_ name: String, targets: [String], path: String = "/metrics", extra: String = "") {
            self.name = name
            self.targets = targets
            self.path = path
            self.extra = extra
        }
    }

    /// One series of an instant query.
    public struct Series: Sendable, Hashable {
        /// All labels, the name as `__name__`.
        public var labels: [String: String]
        /// The value.
        public var value: Double
        /// When it was, in seconds since 1970.
        public var time: Double
    }

    /// The TCP port on 127.0.0.1.
    public let port: Int
    /// `http://127.0.0.1:port`.
    public var url: String { "http://127.0.0.1:\(port)" }

    private let folder: TemporaryFolder
    private let server: ServerProcess

    /// Starts one.
    ///
    /// - Parameters:
    ///   - jobs: What it scrapes.
    ///   - interval: How often, and how long a scrape may take; whole seconds.
    ///   - extra: Lines added to the configuration, such as `rule_files`.
    /// - Throws: ``TestSupportError``, also if Prometheus is not installed.
    public static func start(
        scraping jobs: [Job],
        every interval: Duration = .seconds(1),
        extra: String = ""
    ) async throws -> PrometheusServer {
        try Requirement.prometheus.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let seconds = max(1, interval.components.seconds)
        var text = "global: {scrape_interval: \(seconds)s, scrape_timeout: \(seconds)s}\n\(extra)\nscrape_configs:\n"
        for job in jobs {
            text += "- job_name: '\(job.name)'\n  metrics_path: '\(job.path)'\n  static_configs:\n  - targets: ["
            text += job.targets.map { "'\($0)'" }.joined(separator: ", ") + "]\n"
            for line in job.extra.split(separator: "\n") { text += "  \(line)\n" }
        }
        let configuration = try folder.write(text, to: "prometheus.yml")
        let server = try await ServerProcess.start(
            [
                "prometheus", "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.path("data"))",
                "--web.listen-address=127.0.0.1:\(port)", "--web.enable-remote-write-receiver",
                "--web.enable-lifecycle",
                "--web.enable-admin-api", "--log.level=warn",
            ],
            log: folder.path("log")
        ) {
            let flags = try await HTTP.get("http://127.0.0.1:\(port)/api/v1/status/flags")
            guard flags.text.contains(configuration) else { return false }
            return try await HTTP.get("http://127.0.0.1:\(port)/-/ready").status == 200
        }
        return PrometheusServer(port: port, folder: folder, server: server)
    }

    private init(port: Int, folder: TemporaryFolder, server: ServerProcess) {
        self.port = port
        self.folder = folder
        self.server = server
    }

    deinit { server.kill() }

    /// Evaluates PromQL now.
    ///
    /// - Returns: The series of the vector; a scalar is one series without labels.
    /// - Throws: ``TestSupportError`` with Prometheus' message if it fails.
    public func query(_ expression: String) async throws -> [Series] {
        let response = try await HTTP.request(
            "POST",
            "\(url)/api/v1/query",
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array("query=\(Self.percentEncoded(expression))".utf8)
        )
        guard response.status == 200 else { throw TestSupportError("\(expression): \(response.text)") }
        do {
            return try JSONDecoder().decode(Answer.self, from: Data(response.body)).data.series
        } catch {
            throw TestSupportError("\(expression): \(error): \(response.text)")
        }
    }

    /// The value of the only series of a query, or nil if there is none.
    ///
    /// - Throws: ``TestSupportError`` if the query fails or gives several series.
    public func value(_ expression: String) async throws -> Double? {
        let series = try await query(expression)
        guard series.count <= 1 else { throw TestSupportError("\(expression) gives \(series.count) series") }
        return series.first?.value
    }

    /// Stops it in an orderly way.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func stop() async throws { try await server.stop() }

    /// The last lines of its log, where it says what is wrong with a page.
    public var logTail: String { server.logTail }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%\(byte < 16 ? "0" : "")\(hex)"
        }.joined()
    }

    private struct Answer: Decodable {
        var data: Body

        struct Body: Decodable {
            enum CodingKeys: CodingKey { case resultType, result }

            var series: [Series]

            init(from decoder: any Decoder) throws {
                let container = try decoder.container(keyedBy: CodingKeys.self)
                if try container.decode(String.self, forKey: .resultType) == "scalar" {
                    let point = try container.decode(Point.self, forKey: .result)
                    series = [Series(labels: [:], value: point.value, time: point.time)]
                } else {
                    series = try container.decode([Entry].self, forKey: .result).map {
                        Series(labels: $0.metric, value: $0.value.value, time: $0.value.time)
                    }
                }
            }
        }

        struct Entry: Decodable {
            var metric: [String: String]
            var value: Point
        }

        struct Point: Decodable {
            var time: Double
            var value: Double

            init(from decoder: any Decoder) throws {
                var container = try decoder.unkeyedContainer()
                time = try container.decode(Double.self)
                let text = try container.decode(String.self)
                guard let value = Double(text) else { throw TestSupportError("not a number: \(text)") }
                self.value = value
            }
        }
    }
}
