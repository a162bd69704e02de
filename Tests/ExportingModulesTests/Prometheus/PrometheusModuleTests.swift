import ExportingModules
import Exposition
import Settings
import Testing
import Transport

@testable import ExportingModules

@Suite("The module prometheus")
struct PrometheusModuleTests {
    @Test("A request has the headers of the specification and the samples")
    func request() async throws {
        let script = HTTPScript(204)
        let module = try await make(["prometheus.url": .text("https://h/api/v1/push?x=1")], script)
        #expect(module.takesStaleness)
        #expect(module.takes == .samples)
        let delivery = try await module.write(time: 0, samples: [Records.sample])
        #expect(delivery == .accepted(count: 1))
        let request = script.requests[0]
        #expect(request.url == "https://h/api/v1/push?x=1")
        #expect(request.method == "POST")
        #expect(request.header("Content-Encoding") == "snappy")
        #expect(request.header("Content-Type") == "application/x-protobuf")
        #expect(request.header("X-Prometheus-Remote-Write-Version") == "0.1.0")
        let read = try RemoteWriteReader(request.body)
        #expect(read.series[0].labels == [["__name__", "pg_up"], ["host", "10.0.0.5"], ["q", "a\"b\\c\nd"]])
        #expect(read.series[0].samples == [.init(bits: 1.5.bitPattern, timestamp: 1_790_000_000_123)])
        #expect(read.metadata.isEmpty)
        try await module.close()
    }

    @Test("The samples of a series are sent in the order of their times, old ones first")
    func order() async throws {
        let script = HTTPScript(204)
        let module = try await make(["prometheus.metadata_interval": .text("0")], script)
        let times: [Int64] = [5, 3, 9, 3, 1]
        let samples = times.enumerated().map { Sample(name: "m", value: Double($0), timestamp: $1) }
        #expect(try await module.write(time: 0, samples: samples).acceptedCount == 5)
        let points = try RemoteWriteReader(script.requests[0].body).series[0].samples
        #expect(points.map(\.timestamp) == [1, 3, 3, 5, 9])
        #expect(points.map(\.value) == [4, 1, 3, 0, 2])
    }

    @Test("Families are described in a request of their own, after the samples, and again after the interval")
    func metadata() async throws {
        let script = HTTPScript(200)
        let time = WallTime(0)
        let module = try PrometheusModule(
            configuration: configuration(of: PrometheusModule.self, ["prometheus.metadata_interval": .text("1m")]),
            execute: script.execute
        ) { time.now }
        let family = SampleFamily(name: "h", kind: .histogram, help: "how long", unit: "seconds")
        let samples = ["h_bucket", "h_sum", "h_count"].map { Sample(name: $0, family: family, value: 1, timestamp: 1) }
        for now: Int64 in [0, 59_999, 60_000] {
            time.now = now
            _ = try await module.write(time: 0, samples: samples)
        }
        let read = try script.requests.map { try RemoteWriteReader($0.body) }
        #expect(read.map(\.series.count) == [3, 0, 3, 3, 0])
        #expect(read[1].metadata == [.init(type: 3, name: "h", help: "how long", unit: "seconds")])
        #expect(read[4].metadata == read[1].metadata)
    }

    @Test("A receiver that wants no descriptions loses no sample over them")
    func refusedMetadata() async throws {
        let script = HTTPScript { request in
            try RemoteWriteReader(request.body).metadata.isEmpty ? HTTPScript.response(204) : HTTPScript.response(400)
        }
        let module = try await make([:], script)
        #expect(try await module.write(time: 0, samples: Records.samples(3)) == .accepted(count: 3))
        #expect(try await module.write(time: 0, samples: Records.samples(3)) == .accepted(count: 3))
        #expect(script.requests.count == 3)
    }

    @Test("Only the poison of a batch is rejected, in a bounded number of requests")
    func poison() async throws {
        let script = HTTPScript { request in
            let values = try RemoteWriteReader(request.body).series.flatMap { $0.samples.map(\.value) }
            let bad = values.contains { $0 == 13 || $0 == 400 }
            return bad ? HTTPScript.response(400, text: "duplicate sample for timestamp\n") : HTTPScript.response(204)
        }
        let module = try await make(["prometheus.metadata_interval": .text("0")], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(500))
        #expect(delivery.acceptedCount == 498)
        for index in [13, 400] {
            #expect(delivery[index] == .rejected(reason: "status 400: duplicate sample for timestamp"))
        }
        #expect(script.requests.count < 40)
    }

    @Test(
        "What is as old as a sample that is too old is rejected without being asked for",
        arguments: ["out of bounds", "too old sample"]
    )
    func tooOld(reason: String) async throws {
        let script = HTTPScript { request in
            let times = try RemoteWriteReader(request.body).series.flatMap { $0.samples.map(\.timestamp) }
            return times.contains { $0 < 2000 } ? HTTPScript.response(400, text: reason) : HTTPScript.response(204)
        }
        let module = try await make(["prometheus.metadata_interval": .text("0")], script)
        let samples = (0..<1000).map { Sample(name: "m\($0)", value: 1, timestamp: $0 < 600 ? 1000 : 3000) }
        let delivery = try await module.write(time: 0, samples: samples)
        #expect((0..<1000).allSatisfy { (delivery[$0] == .accepted) == ($0 >= 600) })
        #expect(script.requests.count < 25)
    }

    @Test("A batch with nothing but poison is bounded too, and goes on later where it was")
    func allPoison() async throws {
        let script = HTTPScript(400, text: "out of order sample")
        let module = try await make([:], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(1000))
        #expect(script.requests.count == BatchSearch.usualRequests)
        #expect(delivery.rejectedCount > 50)
        #expect(delivery.rejectedCount + delivery.retryCount == 1000)
        #expect(delivery[999] == .retry(after: .zero, reason: "the search for refused records goes on"))
    }

    @Test("What no receiver takes is rejected without being sent")
    func refused() async throws {
        let script = HTTPScript(204)
        let module = try await make(["prometheus.metadata_interval": .text("0")], script)
        let samples = [
            Sample(name: "", value: 1, timestamp: 5), Sample(name: "b", value: 1, timestamp: 4),
            Sample(name: "m", labels: ["": "x"], value: 1, timestamp: 3), Sample(name: "a", value: 1, timestamp: 2),
        ]
        let delivery = try await module.write(time: 0, samples: samples)
        #expect((0..<4).map { delivery[$0] == .accepted } == [false, true, false, true])
        #expect(try RemoteWriteReader(script.requests[0].body).series.map { $0["__name__"] } == ["a", "b"])
    }

    @Test(
        "Answers are given for each record",
        arguments: [
            (200, DeliveryOutcome.accepted), (204, .accepted),
            (404, .retry(after: .seconds(30), reason: "status 404: remote write receiver needs to be enabled")),
            (401, .retry(after: .seconds(30), reason: "status 401: remote write receiver needs to be enabled")),
            (429, .retry(after: .seconds(3), reason: "status 429: remote write receiver needs to be enabled")),
            (503, .retry(after: .seconds(3), reason: "status 503: remote write receiver needs to be enabled")),
            (415, .rejected(reason: "status 415: remote write receiver needs to be enabled")),
            (413, .tooLarge(reason: "status 413: remote write receiver needs to be enabled")),
        ]
    )
    func answers(status: Int, outcome: DeliveryOutcome) async throws {
        let text = "remote write receiver needs to be enabled\n"
        let script = HTTPScript(status, headers: [HTTPHeader("Retry-After", "3")], text: text)
        let module = try await make(["prometheus.metadata_interval": .text("0")], script)
        let delivery = try await module.write(time: 0, samples: Records.samples(2))
        #expect([delivery[0], delivery[1]] == [outcome, outcome])
    }

    @Test("It takes no alerts")
    func alerts() async throws {
        let module = try await make([:], HTTPScript(204))
        #expect(
            try await module.warn(time: 0, alert: Records.alert)
                == .rejected(reason: "the module prometheus takes samples only")
        )
    }

    @Test(
        "What does not go together is an error that names the parameter",
        arguments: [
            (["prometheus.url": ModuleValue.text("h")], "prometheus.url"),
            (["prometheus.external_labels": .mapping(["a.b": "x"])], "prometheus.external_labels"),
            (["prometheus.external_labels": .mapping(["a": ""])], "prometheus.external_labels"),
            (["prometheus.external_labels": .mapping(["": "a"])], "prometheus.external_labels"),
            (["prometheus.external_labels": .mapping(["__name__": "a"])], "prometheus.external_labels"),
            (["prometheus.headers": .mapping(["content-encoding": "gzip"])], "prometheus.headers"),
        ]
    )
    func wrong(values: [String: ModuleValue], parameter: String) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try PrometheusModule(configuration: configuration(of: PrometheusModule.self, values))
        }
        #expect(error?.problems.map(\.parameter) == [parameter])
    }

    private func make(_ values: [String: ModuleValue], _ script: HTTPScript) async throws -> PrometheusModule {
        let module = try PrometheusModule(
            configuration: configuration(of: PrometheusModule.self, values),
            execute: script.execute
        )
        try await module.start(series: "run")
        return module
    }
}
