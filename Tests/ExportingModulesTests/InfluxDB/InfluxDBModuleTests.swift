import ExportingModules
import Exposition
import Settings
import Testing
import Transport

@testable import ExportingModules

@Suite("The module influxdb")
struct InfluxDBModuleTests {
    @Test("Samples go to version 1 with database and policy, compressed, with agent and service")
    func v1() async throws {
        let script = HTTPScript(204)
        let module = try await make(
            [
                "influxdb.address": .text("http://h:1/"), "influxdb.database": .text("my db&x"),
                "influxdb.retention_policy": .text("two weeks"), "influxdb.username": .text("u"),
                "influxdb.password": .text("p"),
            ],
            script
        )
        let delivery = try await module.write(time: 0, samples: [Records.sample])
        #expect(delivery == .accepted(count: 1))
        let request = try #require(script.requests.first)
        #expect(request.method == "POST")
        #expect(request.url == "http://h:1/write?db=my%20db%26x&precision=ms&rp=two%20weeks")
        #expect(request.header("Content-Encoding") == "gzip")
        #expect(request.body.prefix(2) == [0x1f, 0x8b])
        #expect(request.authentication == .basic(user: "u", password: "p"))
        try await module.close()
    }

    @Test("Lines carry name, labels, agent, service, value and time")
    func lines() async throws {
        let script = HTTPScript(204)
        let module = try await make(["influxdb.gzip": .bool(false)], script)
        var labelled = Records.sample
        labelled.labels = ["agent": "other", "service": "mine"]
        _ = try await module.write(time: 0, samples: [Records.sample, labelled])
        #expect(
            script.requests.first?.text == """
                pg_up,agent=agent-1,host=10.0.0.5,q=a"b\\c\\nd,service=orders-db value=1.5 1790000000123
                pg_up,agent=other,service=mine value=1.5 1790000000123

                """
        )
        #expect(script.requests.first?.header("Content-Encoding") == nil)
    }

    @Test("Version 2 has organization, bucket and a token")
    func v2() async throws {
        let script = HTTPScript(204)
        let module = try await make(
            [
                "influxdb.api": .text("v2"), "influxdb.org": .text("o 1"), "influxdb.bucket": .text("b/2"),
                "influxdb.token": .text("secret=="),
            ],
            script
        )
        _ = try await module.write(time: 0, samples: [Records.sample])
        let request = try #require(script.requests.first)
        #expect(request.url == "http://127.0.0.1:8086/api/v2/write?org=o%201&bucket=b%2F2&precision=ms")
        #expect(request.header("Authorization") == "Token secret==")
        #expect(request.authentication == nil)
    }

    @Test("netspot's form has the run as measurement and the metric as field")
    func seriesForm() async throws {
        let script = HTTPScript(204)
        let module = try await make(
            [
                "influxdb.gzip": .bool(false), "influxdb.measurement": .text("series"),
                "influxdb.agent_name": .text(""),
            ],
            script
        )
        var time = Sample(name: "time", value: 1, timestamp: 1)
        time.labels = [:]
        let delivery = try await module.write(time: 0, samples: [Records.samples(1, from: 3)[0], time])
        #expect(delivery[0] == .accepted)
        #expect(delivery[1] == .rejected(reason: "InfluxDB takes no field of the name time"))
        #expect(script.requests.first?.text == "run\\ 1,type=data m=3 3000\n")
        #expect(try await module.warn(time: 7, alert: Records.alert) == .accepted)
        #expect(script.requests.last?.text.hasPrefix("run\\ 1,db=orders,service=orders-db,stat=connections,") == true)
    }

    @Test("An alert carries its stat, and a value that is no number is left out")
    func alert() async throws {
        let script = HTTPScript(204)
        let module = try await make(["influxdb.gzip": .bool(false)], script)
        var alert = Records.alert
        alert.labels = ["stat": "label", "db": "x"]
        #expect(try await module.warn(time: 1_790_000_000_500, alert: alert) == .accepted)
        #expect(
            script.requests[0].text
                == "muster_alert,agent=agent-1,db=x,service=orders-db,exported_stat=label,stat=connections,state=firing,"
                + "type=alarm status=\"UP_ALERT\",code=1i,id=\"17-up-00ff\",probability=3e-07,confidence=\"normal\","
                + "start=1790000000000i,value=90,threshold=60.5,drift=50 1790000000500\n"
        )
        alert.value = .infinity
        alert.threshold = nil
        alert.drift = .nan
        alert.state = .resolved
        alert.end = 1_790_000_000_900
        #expect(try await module.warn(time: 1_790_000_000_900, alert: alert) == .accepted)
        let text = script.requests[1].text
        #expect(text.contains("state=resolved"))
        #expect(text.hasSuffix("start=1790000000000i,end=1790000000900i 1790000000900\n"))
    }

    @Test("What is not a number is rejected alone")
    func notNumbers() async throws {
        let script = HTTPScript(204)
        let module = try await make([:], script)
        var samples = Records.samples(4)
        samples[1].value = .nan
        samples[3].value = .infinity
        let delivery = try await module.write(time: 0, samples: samples)
        #expect(delivery[0] == .accepted)
        #expect(delivery[1] == .rejected(reason: "InfluxDB cannot store NaN"))
        #expect(delivery[2] == .accepted)
        #expect(delivery[3] == .rejected(reason: "InfluxDB cannot store +Inf"))
        let none = try await module.write(time: 0, samples: [samples[1]])
        #expect(none.rejectedCount == 1)
        #expect(script.requests.count == 1)
    }

    @Test("A type conflict costs the records that have it, and no other")
    func conflict() async throws {
        let reason = "partial write: field type conflict: input field \\\"value\\\" on measurement \\\"m\\\" dropped=1"
        let script = HTTPScript { request in
            let isPoisoned = request.text.contains("value=5 ") || request.text.contains("value=77 ")
            return isPoisoned ? HTTPScript.response(400, text: "{\"error\":\"\(reason)\"}\n") : HTTPScript.response(204)
        }
        let module = try await make(["influxdb.gzip": .bool(false)], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(100))
        #expect(delivery.acceptedCount == 98)
        for index in [5, 77] { #expect(delivery[index] == .rejected(reason: "status 400: {\"error\":\"\(reason)\"}")) }
        #expect(script.requests.count < 32)
    }

    @Test("When the server says that it dropped all points, that is one request")
    func allDropped() async throws {
        let script = HTTPScript(400, text: "{\"error\":\"partial write: points beyond retention policy dropped=100\"}")
        let module = try await make([:], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(100))
        #expect(delivery.rejectedCount == 100)
        #expect(script.requests.count == 1)
    }

    @Test(
        "The number of dropped points is read where the server says it",
        arguments: [
            ("{\"error\":\"partial write: points beyond retention policy dropped=12\"}", 12),
            ("partial write: unable to parse 'm,t=dropped=7 x': bad dropped=0", 0), ("dropped=3", nil),
            ("partial write: dropped=", nil), ("partial write: dropped=99999999999999999999", nil), ("", nil),
        ] as [(String, Int?)]
    )
    func dropped(text: String, count: Int?) {
        #expect(InfluxDBModule.droppedCount(text) == count)
    }

    @Test("A missing database is made with exactly its name, and the records are sent again at once")
    func createsDatabase() async throws {
        let script = HTTPScript { request in
            request.url.contains("/query")
                ? HTTPScript.response(200, text: "{\"results\":[{\"statement_id\":0}]}\n")
                : HTTPScript.response(404, text: "{\"error\":\"database not found: \\\"x\\\"\"}\n")
        }
        let module = try await make(["influxdb.database": .text("my-\"db\" \\ é")], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(2))
        #expect(delivery.retryCount == 2)
        #expect(
            script.requests.map { $0.url.split(separator: "?")[0].split(separator: "/").last ?? "" } == [
                "write", "query", "write",
            ]
        )
        #expect(
            script.requests[1].url
                == "http://127.0.0.1:8086/query?q=CREATE%20DATABASE%20%22my-%5C%22db%5C%22%20%5C%5C%20%C3%A9%22"
        )
        let off = HTTPScript(404, text: "{\"error\":\"database not found\"}")
        let careful = try await make(["influxdb.create_database": .bool(false)], off)
        #expect(try await careful.write(time: 0, samples: Records.samples(1)).retryCount == 1)
        #expect(off.requests.count == 1)
    }

    @Test(
        "A database that cannot be made is waited for; no record is at fault",
        arguments: [
            (200, "{\"results\":[{\"statement_id\":0,\"error\":\"invalid name\"}]}"), (400, "error parsing query"),
            (403, "not authorized"), (413, ""), (500, "x"),
        ]
    )
    func cannotCreate(status: Int, text: String) async throws {
        let script = HTTPScript { request in
            request.url.contains("/query")
                ? HTTPScript.response(status, text: text) : HTTPScript.response(404, text: "database not found")
        }
        let module = try await make([:], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(3))
        guard case .retry(_, let reason) = delivery.usual else {
            Issue.record("\(delivery)")
            return
        }
        #expect(delivery.retryCount == 3)
        #expect(reason.hasPrefix("CREATE DATABASE: "))
        #expect(script.requests.count == 2)
    }

    @Test(
        "Names are quoted for InfluxQL",
        arguments: [
            ("plain", "\"plain\""), ("a\"; DROP DATABASE x --", "\"a\\\"; DROP DATABASE x --\""),
            ("a\\\nb", "\"a\\\\\\nb\""),
        ]
    )
    func quoting(name: String, quoted: String) {
        #expect(InfluxDBTarget.quoted(name) == quoted)
    }

    @Test(
        "Answers are given for each record",
        arguments: [
            (204, DeliveryOutcome.accepted, 1), (401, .retry(after: .seconds(30), reason: "status 401: why"), 1),
            (404, .retry(after: .seconds(30), reason: "status 404: why"), 1),
            (429, .retry(after: .seconds(9), reason: "status 429: why"), 1),
            (500, .retry(after: .seconds(9), reason: "status 500: why"), 1),
            (410, .rejected(reason: "status 410: why"), 1), (400, .rejected(reason: "status 400: why"), 7),
            (413, .tooLarge(reason: "status 413: why"), 7),
        ]
    )
    func answers(status: Int, outcome: DeliveryOutcome, requests: Int) async throws {
        let script = HTTPScript(status, headers: [HTTPHeader("Retry-After", "9")], text: "why")
        let module = try await make([:], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(4))
        #expect((0..<4).map { delivery[$0] } == Array(repeating: outcome, count: 4))
        #expect(script.requests.count == requests)
        #expect(try await module.warn(time: 0, alert: Records.alert) == outcome)
    }

    @Test(
        "What does not go together is an error that names the parameter",
        arguments: [
            (["influxdb.address": ModuleValue.text("h:8086")], "influxdb.address"),
            (["influxdb.address": .text("http://h/?db=x")], "influxdb.address"),
            (["influxdb.api": .text("v2")], "influxdb.org"),
            (["influxdb.api": .text("v2"), "influxdb.org": .text("o")], "influxdb.bucket"),
            (["influxdb.bucket": .text("b")], "influxdb.bucket"),
            (["influxdb.database": .text("")], "influxdb.database"),
            (["influxdb.data": .bool(false), "influxdb.alarm": .bool(false)], "influxdb.data"),
            (["influxdb.alarm_measurement": .text("")], "influxdb.alarm_measurement"),
            (["influxdb.alarm_measurement": .text("#x")], "influxdb.alarm_measurement"),
            (["influxdb.batch_size": .integer(0)], "influxdb.batch_size"),
        ]
    )
    func wrong(values: [String: ModuleValue], parameter: String) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try InfluxDBModule(configuration: configuration(of: InfluxDBModule.self, values))
        }
        #expect(error?.problems.map(\.parameter) == [parameter])
    }

    private func make(_ values: [String: ModuleValue], _ script: HTTPScript) async throws -> InfluxDBModule {
        let module = try InfluxDBModule(
            configuration: configuration(of: InfluxDBModule.self, values),
            execute: script.execute
        )
        try await module.start(series: "run 1")
        return module
    }
}
