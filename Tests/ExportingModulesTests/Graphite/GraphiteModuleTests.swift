import Exposition
import Foundation
import TestSupport
import Testing
import Transport

@testable import ExportingModules

@Suite("The graphite module", .timeLimit(.minutes(2)))
struct GraphiteModuleTests {
    private let network: NetworkServices

    init() throws {
        network = try NetworkServices()
        try network.start()
    }

    private static let labels: [LabelSet] = [
        [:], ["host": "10.0.0.5"], ["q": "a \"b\", c\nd\\e"], ["ü": "größe €"], ["a;b!": "~x;y=z"],
        ["json": "{\"a\": \"b\"}"],
    ]

    @Test(
        "What is sent can be read back from carbon, value for value",
        .enabled(if: Requirement.carbon.isMet, "\(Requirement.carbon.explanation)"),
        arguments: ["tcp", "udp"],
        [false, true]
    )
    func carbon(proto: String, isTagged: Bool) async throws {
        let carbon = try await CarbonServer.start()
        let module = try make([
            "graphite.address": .text("\(proto)://127.0.0.1:\(carbon.port)"), "graphite.tags": .bool(isTagged),
            "graphite.alarm": .bool(true), "graphite.prefix": .text("site.a"),
        ])
        try await module.start(series: "")
        // Whisper keeps what is not older than two hours.
        let now = Int64(Date().timeIntervalSince1970)
        var generator = SeededGenerator(seed: 7)
        var samples: [Sample] = []
        // Few datagrams, so that all of them fit into the queue of a carbon that is slow.
        for age in (1...(proto == "udp" ? 5 : 50)).reversed() {
            for labels in Self.labels {
                let value =
                    Double.random(in: -1...1, using: &generator)
                    * pow(10, Double.random(in: -300...300, using: &generator))
                samples.append(
                    Sample(
                        name: "m",
                        service: "s/1",
                        labels: labels,
                        value: value,
                        timestamp: (now - Int64(age)) * 1000 + 999
                    )
                )
            }
        }
        for batch in stride(from: 0, to: samples.count, by: 60) {
            let part = Array(samples[batch..<min(batch + 60, samples.count)])
            #expect(try await module.write(time: now * 1000, samples: part) == .accepted(count: part.count))
        }
        #expect(try await module.warn(time: (now - 3) * 1000, alert: Records.alert) == .accepted)
        for labels in Self.labels {
            let sample = Sample(name: "m", service: "s/1", labels: labels, value: 1, timestamp: 1_790_000_000_000)
            let series = try self.series(of: sample, isTagged)
            let expected = samples.filter { $0.labels == labels }
            try await waitUntil("\(series) is stored; \(carbon.logTail)") {
                try await carbon.values(of: series).count == expected.count
            }
            let values = try await carbon.values(of: series)
            for sample in expected { #expect(values[Int(sample.timestamp / 1000)] == sample.value) }
        }
        let alarm =
            isTagged
            ? "site.a.alarm;stat=connections;status=UP_ALERT;service=orders-db;db=orders"
            : "site.a.alarm.up.orders-db.connections.db.orders"
        try await waitUntil("the alarm is stored") { try await carbon.values(of: alarm) == [Int(now - 3): 1] }
        try await module.close()
    }

    @Test("Records that Graphite cannot store are rejected one by one, the others arrive")
    func rejects() async throws {
        let receiver = try TestReceiver(.tcp)
        let module = try make(["graphite.address": .text(receiver.url)])
        try await module.start(series: "")
        let values: [Double] = [1, .nan, 2, .infinity, -.infinity, 3]
        let samples = values.map { Sample(name: "m", value: $0, timestamp: 1_790_000_000_000) }
        let delivery = try await module.write(time: 0, samples: samples)
        #expect((0..<6).map { delivery[$0] == .accepted } == [true, false, true, false, false, true])
        #expect(delivery[1] == .rejected(reason: "graphite stores no NaN"))
        #expect(delivery[4] == .rejected(reason: "graphite stores no -Inf"))
        try await waitUntil("the others have come") { receiver.lines.count == 3 }
        #expect(receiver.lines == (1...3).map { "muster.m \($0) 1790000000" })
        // A batch of which nothing is left is answered all the same.
        #expect(try await module.write(time: 0, samples: [samples[1]]).rejectedCount == 1)
        try await module.close()
        await receiver.stop()
    }

    @Test("After carbon was away it goes on, and nothing that was not taken is called delivered")
    func outage() async throws {
        let receiver = try TestReceiver(.tcp)
        let module = try make(["graphite.address": .text(receiver.url)])
        try await module.start(series: "")
        let samples = (1...10).map { Sample(name: "m", value: Double($0), timestamp: Int64($0) * 1000) }
        #expect(try await module.write(time: 0, samples: samples).acceptedCount == 10)
        await receiver.stop()
        await #expect(throws: TransportError.self) { try await module.write(time: 0, samples: samples) }
        let again = try TestReceiver(.tcp, port: receiver.port)
        #expect(try await module.write(time: 0, samples: samples).acceptedCount == 10)
        try await waitUntil("they have come") { again.lines.count == 10 }
        try await module.close()
        await again.stop()
    }

    @Test(
        "An address that is none is refused",
        arguments: ["127.0.0.1:2003", "unix:///x", "http://127.0.0.1:80", "tcp://127.0.0.1"]
    )
    func refuses(address: String) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try make(["graphite.address": .text(address)])
        }
        #expect(error?.problems.first?.parameter == "graphite.address")
    }

    private func series(of sample: Sample, _ isTagged: Bool) throws -> String {
        let template = try GraphiteTemplate("{service}.{name}.{labels}")
        let format = GraphiteFormat(prefix: "site.a", template: template, isTagged: isTagged)
        return try String(#require(format.line(sample).split(separator: " ").first))
    }

    private func make(_ settings: [String: ModuleValue]) throws -> GraphiteModule {
        let context = ModuleContext(name: "graphite", network: network)
        return try GraphiteModule(
            configuration: ModuleConfiguration(of: GraphiteModule.self, settings: settings, context: context)
        )
    }
}
