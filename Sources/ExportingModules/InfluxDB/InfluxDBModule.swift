import Settings
import Synchronization
import Transport

/// The module `influxdb`: samples and alerts in InfluxDB, version 1 or 2, or in whatever takes its line protocol.
///
/// What is not a number cannot be stored and is rejected, record by record; an alert is stored without such values.
/// Where the server refuses a batch, the records that are at fault are searched for by sending smaller parts, so that a
/// type conflict costs the record that has it and no other. InfluxDB has written the rest of such a batch already; to
/// write a point again changes nothing.
public final class InfluxDBModule: ExportingModule {
    /// `influxdb`.
    public static let name = "influxdb"
    /// True.
    public static let crossesNetwork = true

    /// What can be configured.
    public static let parameters =
        [
            ModuleParameter("influxdb.data", .bool, default: .bool(true), usage: "Whether samples are sent."),
            ModuleParameter("influxdb.alarm", .bool, default: .bool(true), usage: "Whether alerts are sent."),
            ModuleParameter(
                "influxdb.address",
                .text,
                default: .text("http://127.0.0.1:8086"),
                usage: "The address of the server, without the path of its API."
            ),
            ModuleParameter(
                "influxdb.api",
                .choice(["v1", "v2"]),
                default: .text("v1"),
                usage: "The version of the API: v1 with a database, or v2 with an organization and a bucket."
            ),
            ModuleParameter(
                "influxdb.dialect",
                .choice(LineProtocol.Dialect.allCases.map(\.rawValue)),
                default: .text(LineProtocol.Dialect.influxdb.rawValue),
                usage: "Who reads it: they differ about backslashes in labels."
            ),
            ModuleParameter(
                "influxdb.database",
                .text,
                default: .text("muster"),
                usage: "The database, for v1. Any name that the server takes."
            ),
            ModuleParameter("influxdb.retention_policy", .text, usage: "The retention policy, for v1."),
            ModuleParameter(
                "influxdb.create_database",
                .bool,
                default: .bool(true),
                usage: "Whether the database is made when the server says that it is missing, for v1."
            ),
            ModuleParameter("influxdb.org", .text, usage: "The organization, for v2."),
            ModuleParameter("influxdb.bucket", .text, usage: "The bucket, for v2."),
            ModuleParameter(
                "influxdb.measurement",
                .choice(InfluxDBLines.Form.allCases.map(\.rawValue)),
                default: .text(InfluxDBLines.Form.metric.rawValue),
                usage: "What is a measurement: the name of the metric, or the name of the run as in netspot."
            ),
            ModuleParameter(
                "influxdb.alarm_measurement",
                .text,
                default: .text("muster_alert"),
                usage: "The measurement of alerts, if measurements are named after metrics."
            ),
            ModuleParameter(
                "influxdb.agent_name",
                .text,
                usage: "The value of the tag agent; the name of the agent if it is left out, no tag if it is empty."
            ),
            ModuleParameter(
                "influxdb.batch_size",
                .integer(1...100_000),
                default: .integer(1000),
                usage: "How many samples are sent at once, at most."
            ),
            ModuleParameter("influxdb.gzip", .bool, default: .bool(true), usage: "Whether requests are compressed."),
        ] + HTTPModuleSettings.parameters(of: "influxdb")

    /// What it is configured to send.
    public let takes: RecordKinds
    /// How many samples it is given at once.
    public let batchSize: Int

    private let address: HTTPAddress
    private let target: InfluxDBTarget
    private let lines: InfluxDBLines
    private let compresses: Bool
    private let createsDatabase: Bool
    private let sender: HTTPSender
    private let series = Mutex("")

    /// Creates the module.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration, execute: nil)
    }

    /// Creates the module with another way to send requests.
    init(configuration: ModuleConfiguration, execute: HTTPSender.Execute?) throws {
        takes = try configuration.kinds(of: Self.name)
        batchSize = try configuration.required("influxdb.batch_size", configuration.integer("influxdb.batch_size"))
        address = try configuration.address("influxdb.address", isEndpoint: false)
        target = try Self.target(configuration)
        let dialect = try configuration.text("influxdb.dialect").flatMap(LineProtocol.Dialect.init)
        let form = try configuration.text("influxdb.measurement").flatMap(InfluxDBLines.Form.init)
        lines = InfluxDBLines(
            encoder: LineProtocol(dialect: try configuration.required("influxdb.dialect", dialect)),
            form: try configuration.required("influxdb.measurement", form),
            agent: try configuration.text("influxdb.agent_name") ?? configuration.context.agent,
            alertMeasurement: try configuration.text("influxdb.alarm_measurement") ?? ""
        )
        guard !lines.alertMeasurement.isEmpty, !lines.alertMeasurement.hasPrefix("#") else {
            throw ModuleConfigurationError("influxdb.alarm_measurement", "is empty or begins with #")
        }
        compresses = try configuration.bool("influxdb.gzip") ?? true
        createsDatabase = try configuration.bool("influxdb.create_database") ?? true
        let settings = try HTTPModuleSettings(configuration, of: Self.name, tokenScheme: .token)
        sender = HTTPSender(settings, execute: execute)
    }

    /// Keeps the name of the run. The server is asked for nothing before there is something to write.
    public func start(series: String) async throws {
        try sender.checkNetwork()
        self.series.withLock { $0 = series }
    }

    /// Sends samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let series = series.withLock { $0 }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(samples.count * 128)
        var ends: [Int] = []
        var places: [Int] = []
        var outcomes = [DeliveryOutcome](repeating: .accepted, count: samples.count)
        for (index, sample) in samples.enumerated() {
            do throws(LineProtocol.Refusal) {
                try lines.append(sample, series: series, to: &bytes)
                ends.append(bytes.count)
                places.append(index)
            } catch {
                outcomes[index] = .rejected(reason: error.reason)
            }
        }
        let sent = try await BatchSearch.run(count: ends.count) { part in
            let start = part.lowerBound > 0 ? ends[part.lowerBound - 1] : 0
            let end = ends[part.upperBound - 1]
            return try await send(Array(bytes[start..<end]), count: part.count)
        }
        for (place, outcome) in zip(places, sent) { outcomes[place] = outcome }
        return Delivery(outcomes)
    }

    /// Sends news of an alert.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        var bytes: [UInt8] = []
        do throws(LineProtocol.Refusal) {
            try lines.append(alert, time: time, series: series.withLock { $0 }, to: &bytes)
        } catch {
            return .rejected(reason: error.reason)
        }
        return try await send(bytes, count: 1).outcome
    }

    /// Does nothing: there is nothing open.
    public func close() async throws {}

    private func send(_ body: [UInt8], count: Int) async throws -> BatchSearch.Answer {
        let answer = try await post(body)
        guard case .response(let response) = answer else { return sender.searchAnswer(of: answer) }
        if response.status == 404, createsDatabase, let url = target.createURL(address),
            response.text.contains("database not found")
        {
            if let problem = try await createDatabase(url) { return BatchSearch.Answer(outcome: problem) }
            return searchAnswer(of: try await post(body), count: count)
        }
        return searchAnswer(of: answer, count: count)
    }

    private func searchAnswer(of answer: HTTPSender.Answer, count: Int) -> BatchSearch.Answer {
        var result = sender.searchAnswer(of: answer)
        if case .response(let response) = answer, Self.droppedCount(response.text) == count { result.isWhole = true }
        return result
    }

    private func post(_ body: [UInt8]) async throws -> HTTPSender.Answer {
        var headers = [HTTPHeader("Content-Type", "text/plain; charset=utf-8")]
        var body = body
        if compresses, let compressed = GzipBody.compress(body) {
            headers.append(HTTPHeader("Content-Encoding", "gzip"))
            body = compressed
        }
        return try await sender.send(target.writeURL(address), headers: headers, body: body)
    }

    /// Makes the database; returns what is wrong if that fails.
    private func createDatabase(_ url: String) async throws -> DeliveryOutcome? {
        let answer = try await sender.send(
            url,
            headers: [HTTPHeader("Content-Type", "application/x-www-form-urlencoded")]
        )
        guard case .response(let response) = answer, response.isSuccess else {
            switch sender.outcome(of: answer) {
            // The records are not at fault.
            case .rejected(let reason), .tooLarge(let reason):
                return .retry(after: HTTPOutcome.mendingTime, reason: "CREATE DATABASE: \(reason)")
            case .accepted: return nil
            case .retry(let wait, let reason): return .retry(after: wait, reason: "CREATE DATABASE: \(reason)")
            }
        }
        // The status is 200 even if the statement failed.
        guard !response.text.contains("\"error\"") else {
            return .retry(
                after: HTTPOutcome.mendingTime,
                reason: "CREATE DATABASE: \(HTTPOutcome.excerpt(response.text))"
            )
        }
        return nil
    }

    /// How many points the server says to have dropped of those that it could read.
    static func droppedCount(_ text: String) -> Int? {
        guard text.contains("partial write"), let mark = text.range(of: "dropped=", last: true) else { return nil }
        return Int(text[mark...].prefix { ("0"..."9").contains($0) })
    }

    private static func target(_ configuration: ModuleConfiguration) throws -> InfluxDBTarget {
        if try configuration.text("influxdb.api") == "v2" {
            let organization = try configuration.required("influxdb.org", configuration.text("influxdb.org"))
            let bucket = try configuration.required("influxdb.bucket", configuration.text("influxdb.bucket"))
            return .v2(organization: organization, bucket: bucket)
        }
        for name in ["influxdb.org", "influxdb.bucket"] where try configuration.text(name) != nil {
            throw ModuleConfigurationError(name, "is for influxdb.api: v2")
        }
        let database = try configuration.required("influxdb.database", configuration.text("influxdb.database"))
        guard !database.isEmpty else { throw ModuleConfigurationError("influxdb.database", "is empty") }
        return .v1(database: database, retentionPolicy: try configuration.text("influxdb.retention_policy"))
    }
}

extension String {
    /// Where the text after the last occurrence of another one begins.
    fileprivate func range(of text: String, last: Bool) -> Index? {
        var rest = self[...]
        var found: Index?
        while let range = rest.firstRange(of: text) {
            found = range.upperBound
            rest = rest[range.upperBound...]
        }
        return found
    }
}
