import ExportingModules
import Exposition
import Settings
import TestSupport
import Testing

@testable import ExportingModules

@Suite(
    "The module prometheus, with a real Prometheus",
    .enabled(if: Requirement.prometheus.isMet, "\(Requirement.prometheus.explanation)")
)
struct PrometheusReceiverTests {
    @Test("Values and hostile labels are read back as they were sent")
    func roundTrip() async throws {
        let server = try await PrometheusServer.start(scraping: [])
        let now = HTTPSender.wallClock()
        let (samples, expected) = hostileSamples(now)
        try await withModule("\(server.url)/api/v1/write") { module async throws in
            #expect(try await module.write(time: now, samples: samples) == .accepted(count: samples.count))
            // Once more, as after a lost answer.
            #expect(try await module.write(time: now, samples: samples) == .accepted(count: samples.count))
        }
        let series = try await server.samples("{index!=\"\"}", over: "1h", until: now + 1000)
        #expect(series.count == samples.count)
        for sample in expected {
            let found = series.first { $0.labels["index"] == sample.labels["index"] }
            #expect(found?.labels == sample.labels)
            #expect(found?.timestamps == [sample.timestamp])
            #expect(found?.values.map(isSame(sample.value)) == [true], "\(sample)")
        }
        try await server.stop()
    }

    @Test("After an outage the old samples go first, each series in order, and all are there")
    func backfill() async throws {
        let server = try await PrometheusServer.start(scraping: [])
        let now = HTTPSender.wallClock()
        let samples = (0..<600).map { index in
            Sample(
                name: "backfilled",
                labels: ["series": "\(index % 7)"],
                value: Double(index),
                timestamp: now - 1_800_000 + Int64(index) * 1000
            )
        }
        try await withModule("\(server.url)/api/v1/write") { module async throws in
            for first in stride(from: 0, to: 600, by: 250) {
                let batch = Array(samples[first..<min(first + 250, 600)])
                #expect(try await module.write(time: now, samples: batch) == .accepted(count: batch.count))
            }
        }
        let series = try await server.samples("backfilled", over: "1h", until: now)
        #expect(series.count == 7)
        for stored in series {
            let own = samples.filter { $0.labels["series"] == stored.labels["series"] }
            #expect(stored.timestamps == own.map(\.timestamp))
            #expect(stored.values == own.map(\.value))
        }
        try await server.stop()
    }

    @Test("Samples out of order, twice, or too old are rejected alone")
    func poison() async throws {
        let server = try await PrometheusServer.start(scraping: [])
        let now = HTTPSender.wallClock()
        try await withModule("\(server.url)/api/v1/write") { module async throws in
            let first = (0..<200).map { Sample(name: "p", labels: ["i": "\($0)"], value: 1, timestamp: now - 10_000) }
            #expect(try await module.write(time: now, samples: first) == .accepted(count: 200))
            var second = (0..<200).map { Sample(name: "p", labels: ["i": "\($0)"], value: 2, timestamp: now) }
            second[20].timestamp = now - 20_000
            second[99].timestamp = now - 10_000
            second[150].timestamp = now - 5 * 3_600_000
            second[151].timestamp = now - 6 * 3_600_000
            let delivery = try await module.write(time: now, samples: second)
            #expect(delivery.acceptedCount == 196)
            for (index, words) in [
                20: "out of order", 99: "duplicate sample", 150: "out of bounds", 151: "out of bounds",
            ] {
                guard case .rejected(let reason) = delivery[index] else {
                    Issue.record("\(index): \(delivery[index])")
                    continue
                }
                #expect(reason.contains(words), "\(index): \(reason)")
            }
        }
        let series = try await server.samples("p", over: "1h", until: now)
        #expect(series.count == 200)
        #expect(series.count { $0.values == [1, 2] } == 196)
        #expect(series.count { $0.values == [1] } == 4)
        try await server.stop()
    }

    @Test("A series that has ended is gone at once")
    func staleness() async throws {
        let server = try await PrometheusServer.start(scraping: [])
        let now = HTTPSender.wallClock()
        let stale = Double(bitPattern: Sample.staleBits)
        try await withModule("\(server.url)/api/v1/write") { module async throws in
            for (value, time) in [(1, now - 2000), (stale, now - 1000)] {
                let samples = [Sample(name: "ends", value: value, timestamp: time)]
                #expect(try await module.write(time: time, samples: samples) == .accepted(count: 1))
            }
        }
        #expect(try await server.count("ends", at: now - 1500) == 1)
        #expect(try await server.count("ends", at: now - 900) == 0)
        try await server.stop()
    }

    @Test("A receiver that is not switched on is waited for")
    func noReceiver() async throws {
        let server = try await PrometheusServer.start(scraping: [])
        try await withModule("\(server.url)/api/v1/nothing") { module async throws in
            let delivery = try await module.write(time: 0, samples: Records.samples(2))
            #expect(delivery.retryCount == 2)
        }
        try await server.stop()
    }
}

@Suite(
    "The module prometheus, with a real VictoriaMetrics",
    .enabled(if: Requirement.victoriaMetrics.isMet, "\(Requirement.victoriaMetrics.explanation)")
)
struct VictoriaMetricsReceiverTests {
    @Test("Values and hostile labels are read back as they were sent")
    func roundTrip() async throws {
        let server = try await VictoriaMetricsServer.start()
        let now = HTTPSender.wallClock()
        // Infinities are not stored by this version.
        let (samples, expected) = hostileSamples(now, values: [0, 1, -1.5, 0.1, 123_456.75])
        try await withModule("\(server.url)/api/v1/write") { module async throws in
            #expect(try await module.write(time: now, samples: samples) == .accepted(count: samples.count))
        }
        try await waitUntil("all series are there") { try await server.export().count >= samples.count }
        let series = try await server.export()
        #expect(series.count == samples.count)
        for sample in expected {
            let found = series.first { $0.metric["index"] == sample.labels["index"] }
            #expect(found?.metric == sample.labels)
            #expect(found?.timestamps == [sample.timestamp])
            #expect(found?.values == [sample.value])
        }
        try await server.stop()
    }
}

/// A sample as a receiver should have it.
private struct Expected {
    var labels: [String: String]
    var value: Double
    var timestamp: Int64
}

private func hostileSamples(
    _ now: Int64,
    values: [Double] = [
        0, -0.0, 1.5, .nan, .infinity, -.infinity, .leastNonzeroMagnitude, .greatestFiniteMagnitude, 1 / 3,
    ]
) -> ([Sample], [Expected]) {
    let texts = HostileTexts.plain + HostileTexts.lines + HostileTexts.backslashes
    let pairs = texts.enumerated().map { index, text in
        let time = now - Int64(texts.count) + Int64(index)
        let sample = Sample(
            name: "hostile.metric",
            labels: LabelSet([Label("the key", text), Label("index", "\(index)"), Label("empty", "")]),
            value: values[index % values.count],
            timestamp: time
        )
        let labels = ["__name__": "hostile_metric", "the_key": text, "index": "\(index)", "zone": "z \"1\""]
        return (sample, Expected(labels: labels, value: sample.value, timestamp: time))
    }
    return (pairs.map(\.0), pairs.map(\.1))
}

private func isSame(_ value: Double) -> (Double) -> Bool {
    { $0.isNaN && value.isNaN || $0.bitPattern == value.bitPattern }
}

private func withModule(_ url: String, _ body: (PrometheusModule) async throws -> Void) async throws {
    try await withNetwork { network in
        let settings: [String: ModuleValue] = [
            "prometheus.url": .text(url), "prometheus.external_labels": .mapping(["zone": "z \"1\""]),
        ]
        let checked = try configuration(of: PrometheusModule.self, settings, network: network)
        let module = try PrometheusModule(configuration: checked)
        try await module.start(series: "run")
        try await body(module)
        try await module.close()
    }
}
