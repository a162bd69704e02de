import FoundationEssentials

extension Requirement {
    /// An InfluxDB of version 1.
    public static let influxDB = Requirement("InfluxDB", programs: ["influxd"], package: "influxdb")
}

/// A real InfluxDB of version 1 on 127.0.0.1, thrown away at the end.
public final class InfluxDBServer: Sendable {
    /// One series of an answer: the rows that have the same name and tags.
    public struct Series: Sendable, Hashable, Decodable {
        /// The measurement.
        public var name: String
        /// The tags, if the query groups by them.
        public var tags: [String: String]?
        /// The names of the columns.
        public var columns: [String]
        /// The rows.
        public var values: [[Value]]
    }

    /// One value of a row.
    public enum Value: Sendable, Hashable, Decodable {
        /// A number; times are milliseconds.
        case number(Double)
        /// Text.
        case text(String)
        /// Nothing.
        case null

        /// Reads a number, a text or nothing.
        public init(from decoder: any Decoder) throws {
            let container = try decoder.singleValueContainer()
            if container.decodeNil() {
                self = .null
            } else if let number = try? container.decode(Double.self) {
                self = .number(number)
            } else {
                self = .text(try container.decode(String.self))
            }
        }
    }

    /// The TCP port on 127.0.0.1.
    public let port: Int
    /// `http://127.0.0.1:port`.
    public var url: String { "http://127.0.0.1:\(port)" }

    private let folder: TemporaryFolder
    private let server: ServerProcess

    /// Starts one without databases.
    ///
    /// - Throws: ``TestSupportError``, also if InfluxDB is not installed.
    public static func start() async throws -> InfluxDBServer {
        try Requirement.influxDB.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let configuration = """
            reporting-disabled = true
            bind-address = "127.0.0.1:\(try FreePort.next())"
            [meta]
              dir = "\(folder.path("meta"))"
            [data]
              dir = "\(folder.path("data"))"
              wal-dir = "\(folder.path("wal"))"
            [http]
              bind-address = "127.0.0.1:\(port)"
              log-enabled = false
            [monitor]
              store-enabled = false

            """
        let path = try folder.write(configuration, to: "influxdb.conf")
        let server = try await ServerProcess.start(["influxd", "run", "-config", path], log: folder.path("log")) {
            let answer = try await HTTP.get("http://127.0.0.1:\(port)/ping")
            return answer.status == 204 && answer.header("X-Influxdb-Version") != nil
        }
        return InfluxDBServer(port: port, folder: folder, server: server)
    }

    private init(port: Int, folder: TemporaryFolder, server: ServerProcess) {
        self.port = port
        self.folder = folder
        self.server = server
    }

    deinit { server.kill() }

    /// Runs one statement of InfluxQL.
    ///
    /// - Throws: ``TestSupportError`` with the server's message if it fails.
    @discardableResult
    public func query(_ statement: String, database: String = "") async throws -> [Series] {
        let answer = try await HTTP.request(
            "POST",
            "\(url)/query",
            headers: ["Content-Type": "application/x-www-form-urlencoded"],
            body: Array(FormBody.of([("q", statement), ("db", database), ("epoch", "ms")]).utf8)
        )
        do {
            let results = try JSONDecoder().decode(Answer.self, from: Data(answer.body)).results
            if let error = results.first?.error { throw TestSupportError(error) }
            return results.first?.series ?? []
        } catch {
            throw TestSupportError("\(statement): \(error): \(answer.text.prefix(1000))")
        }
    }

    /// Writes lines as they are, with times in milliseconds.
    ///
    /// - Throws: ``TestSupportError`` if the server does not answer.
    public func write(_ lines: String, database: String) async throws -> HTTPResponse {
        let query = FormBody.of([("db", database), ("precision", "ms")])
        return try await HTTP.request("POST", "\(url)/write?\(query)", body: Array(lines.utf8))
    }

    /// Stops it in an orderly way.
    ///
    /// - Throws: `CancellationError` if the task is cancelled.
    public func stop() async throws { try await server.stop() }

    private struct Answer: Decodable {
        struct Result: Decodable {
            var series: [Series]?
            var error: String?
        }

        var results: [Result]
    }
}

/// Pairs as forms and queries write them.
enum FormBody {
    static func of(_ pairs: [(String, String)]) -> String {
        pairs.map { "\(encoded($0.0))=\(encoded($0.1))" }.joined(separator: "&")
    }

    private static func encoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain = (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%\(byte < 16 ? "0" : "")\(hex)"
        }.joined()
    }
}
