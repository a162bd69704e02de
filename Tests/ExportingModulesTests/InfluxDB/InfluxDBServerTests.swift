import ExportingModules
import Exposition
import Settings
import TestSupport
import Testing

@testable import ExportingModules

@Suite(
    "The module influxdb, with a real InfluxDB",
    .enabled(if: Requirement.influxDB.isMet, "\(Requirement.influxDB.explanation)")
)
struct InfluxDBServerTests {
    /// What a text becomes that the protocol has no form for.
    private static func stored(_ text: String, isMeasurement: Bool = false) -> String {
        var result: [Character] = []
        let characters = Array(text)
        for (index, character) in characters.enumerated() {
            let next = index + 1 < characters.count ? characters[index + 1] : nil
            if character == "\n" || character == "\r\n" {
                if character == "\r\n" { result.append("\r") }
                result += ["\\", "n"]
            } else if character == "\\", next == nil || (isMeasurement && [",", " ", "=", "\""].contains(next)) {
                result.append("/")
            } else {
                result.append(character)
            }
        }
        return String(result)
    }

    @Test("Values and hostile labels are read back as they were sent, from a database with a hostile name")
    func roundTrip() async throws {
        let server = try await InfluxDBServer.start()
        let database = "my-db \"q\" é; DROP"
        let texts = HostileTexts.plain + HostileTexts.lines + HostileTexts.backslashes
        let values = [0, -0.0, 1, -1.5, 0.1, 1e300, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1e22, 1 / 3]
        let samples = texts.enumerated().map { index, text in
            Sample(
                name: "metric \(text.prefix(50))",
                service: text,
                labels: LabelSet([
                    Label("key \(text.prefix(50))", text), Label("index", "\(index)"), Label("empty", ""),
                ]),
                value: values[index % values.count],
                timestamp: 1_790_000_000_000 + Int64(index)
            )
        }
        try await withModule(server, ["influxdb.database": .text(database)]) { module async throws in
            #expect(try await module.write(time: 0, samples: samples) == .accepted(count: samples.count))
            // Once more: to write a point again changes nothing.
            #expect(try await module.write(time: 0, samples: samples) == .accepted(count: samples.count))
        }
        #expect(try await server.query("SHOW DATABASES").first?.values == [[.text(database)]])
        let series = try await server.query("SELECT value FROM /.*/ GROUP BY *", database: database)
        #expect(series.count == samples.count)
        for (index, (text, sample)) in zip(texts, samples).enumerated() {
            let found = series.filter { $0.tags?["index"] == "\(index)" }
            #expect(found.count == 1, "\(text)")
            guard let found = found.first else { continue }
            #expect(found.name == Self.stored(sample.name, isMeasurement: true))
            #expect(found.values == [[.number(Double(sample.timestamp)), .number(sample.value)]], "\(text)")
            let own = found.tags?.filter { !$0.value.isEmpty } ?? [:]
            #expect(
                own == [
                    Self.stored("key \(text.prefix(50))"): Self.stored(text), "index": "\(index)",
                    "service": Self.stored(text), "agent": "agent \"1\"",
                ]
            )
        }
        try await server.stop()
    }

    @Test("A type conflict costs the records that have it, and no other; the next batch goes on")
    func conflict() async throws {
        let server = try await InfluxDBServer.start()
        try await server.query("CREATE DATABASE muster")
        #expect(
            try await server.write("bad value=\"text\" 5\nworse,t=x value=\"text\" 5\n", database: "muster").status
                == 204
        )
        var samples = Records.samples(300)
        samples[17].name = "bad"
        samples[208].name = "worse"
        samples[250].value = .nan
        try await withModule(server, [:]) { module async throws in
            let delivery = try await module.write(time: 0, samples: samples)
            #expect(delivery.acceptedCount == 297)
            for index in [17, 208] {
                guard case .rejected(let reason) = delivery[index] else {
                    Issue.record("\(delivery[index])")
                    continue
                }
                #expect(reason.contains("field type conflict"))
            }
            #expect(delivery[250] == .rejected(reason: "InfluxDB cannot store NaN"))
            #expect(try await module.write(time: 0, samples: Records.samples(2, from: 400)) == .accepted(count: 2))
        }
        let count = try await server.query("SELECT count(value) FROM m", database: "muster").first?.values.first?.last
        #expect(count == .number(299))
        try await server.stop()
    }

    @Test("Points beyond the retention are rejected, in few requests")
    func retention() async throws {
        let server = try await InfluxDBServer.start()
        try await server.query("CREATE DATABASE muster")
        try await server.query("CREATE RETENTION POLICY short ON muster DURATION 1h REPLICATION 1")
        try await withModule(server, ["influxdb.retention_policy": .text("short")]) { module async throws in
            let delivery = try await module.write(time: 0, samples: Records.samples(1000))
            #expect(delivery.rejectedCount == 1000)
            guard case .rejected(let reason) = delivery[0] else { return }
            #expect(reason.contains("beyond retention policy"))
        }
        try await withModule(server, ["influxdb.retention_policy": .text("none")]) { module async throws in
            #expect(try await module.write(time: 0, samples: Records.samples(3)).retryCount == 3)
        }
        try await server.stop()
    }

    @Test("Alerts are read back with all that they say")
    func alerts() async throws {
        let server = try await InfluxDBServer.start()
        var alert = Records.alert
        alert.labels = ["db": "a,b c=\"d\"", "stat": "label"]
        alert.id = "id \"1\" \\ \n,="
        try await withModule(server, [:]) { module async throws in
            #expect(try await module.warn(time: 1_790_000_000_500, alert: alert) == .accepted)
            alert.state = .resolved
            alert.end = 1_790_000_060_000
            alert.value = .infinity
            #expect(try await module.warn(time: 1_790_000_060_100, alert: alert) == .accepted)
        }
        let fields = "status,code,id,probability,confidence,start,\"end\",value,threshold,drift"
        let series = try await server.query("SELECT \(fields) FROM muster_alert GROUP BY *", database: "muster")
        let firing = try #require(series.first { $0.tags?["state"] == "firing" })
        #expect(
            firing.tags == [
                "agent": "agent \"1\"", "db": "a,b c=\"d\"", "exported_stat": "label", "service": "orders-db",
                "stat": "connections", "state": "firing", "type": "alarm",
            ]
        )
        #expect(
            firing.values == [
                [
                    .number(1_790_000_000_500), .text("UP_ALERT"), .number(1), .text(alert.id), .number(3e-7),
                    .text("normal"),
                    .number(1_790_000_000_000), .null, .number(90), .number(60.5), .number(50),
                ]
            ]
        )
        let resolved = try #require(series.first { $0.tags?["state"] == "resolved" })
        #expect(resolved.values[0][7] == .number(1_790_000_060_000))
        #expect(resolved.values[0][8] == .null)
        try await server.stop()
    }

    @Test("netspot's form has all fields of a time in one point")
    func seriesForm() async throws {
        let server = try await InfluxDBServer.start()
        let samples = ["R_SYN", "R ICMP,=\"", "PERF"].enumerated().map {
            Sample(name: $1, value: Double($0) + 0.5, timestamp: 1_790_000_000_000)
        }
        try await withModule(server, ["influxdb.measurement": .text("series")]) { module async throws in
            #expect(try await module.write(time: 0, samples: samples) == .accepted(count: 3))
        }
        let series = try await server.query("SELECT * FROM \"run, 1\"", database: "muster")
        #expect(series.count == 1)
        #expect(series.first?.columns == ["time", "PERF", "R ICMP,=\"", "R_SYN", "agent", "type"])
        #expect(
            series.first?.values == [
                [
                    .number(1_790_000_000_000), .number(2.5), .number(1.5), .number(0.5), .text("agent \"1\""),
                    .text("data"),
                ]
            ]
        )
        try await server.stop()
    }

    private func withModule(
        _ server: InfluxDBServer,
        _ values: [String: ModuleValue],
        _ body: (InfluxDBModule) async throws -> Void
    ) async throws {
        try await withNetwork { network in
            let settings = values.merging(["influxdb.address": .text(server.url)]) { own, _ in own }
            let checked = try configuration(
                of: InfluxDBModule.self,
                settings,
                agent: "agent \"1\"",
                network: network
            )
            let module = try InfluxDBModule(configuration: checked)
            try await module.start(series: "run, 1")
            try await body(module)
            try await module.close()
        }
    }
}

@Suite(
    "The module influxdb, with a real VictoriaMetrics",
    .enabled(if: Requirement.victoriaMetrics.isMet, "\(Requirement.victoriaMetrics.explanation)")
)
struct VictoriaMetricsLineTests {
    @Test("Values and hostile labels are read back as they were sent, all backslashes included")
    func roundTrip() async throws {
        let server = try await VictoriaMetricsServer.start()
        let texts = HostileTexts.plain + HostileTexts.backslashes
        let now = HTTPSender.wallClock()
        let samples = texts.enumerated().map { index, text in
            Sample(
                name: "metric \(text.prefix(50))",
                labels: LabelSet([Label("key \(text.prefix(50))", text), Label("index", "\(index)")]),
                value: Double(index) + 0.1,
                timestamp: now + Int64(index)
            )
        }
        let settings: [String: ModuleValue] = [
            "influxdb.address": .text(server.url), "influxdb.dialect": .text("victoriametrics"),
            "influxdb.agent_name": .text(""), "influxdb.database": .text("x y"),
        ]
        try await withNetwork { network in
            let checked = try configuration(of: InfluxDBModule.self, settings, network: network)
            let module = try InfluxDBModule(configuration: checked)
            try await module.start(series: "run")
            #expect(try await module.write(time: 0, samples: samples) == .accepted(count: samples.count))
            try await module.close()
        }
        try await waitUntil("all series are there") { try await server.export().count >= samples.count }
        let series = try await server.export()
        #expect(series.count == samples.count)
        for (index, (text, sample)) in zip(texts, samples).enumerated() {
            let found = series.first { $0.metric["index"] == "\(index)" }
            #expect(
                found?.metric == [
                    "__name__": "\(sample.name)_value", "key \(text.prefix(50))": text, "index": "\(index)",
                    "db": "x y",
                ]
            )
            #expect(found?.values == [sample.value])
            #expect(found?.timestamps == [sample.timestamp])
        }
        try await server.stop()
    }
}
