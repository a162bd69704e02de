import ExportingModules
import Exposition
import Synchronization
import Testing

@testable import Delivery

struct SampleFilterTests {
    private static let samples = ["a", "a", "b"].enumerated().map { index, name in
        Sample(name: name, service: "orders", labels: ["n": "\(index)"], value: 1, timestamp: 0)
    }

    @Test func withoutQuestionsAllIsMeant() {
        var cache = FilterCache(SampleFilter())
        #expect(cache.meant(Self.samples, key: "k", service: "orders", labels: [:]).count == 3)
    }

    @Test func allQuestionsHaveToBeAnsweredWithYes() {
        var cache = FilterCache(
            SampleFilter(
                service: { $0 == "orders" && $1["env"] == "prod" },
                metric: { $0 == "a" },
                series: { $0["n"] != "0" }
            )
        )
        let meant = cache.meant(Self.samples, key: "k", service: "orders", labels: ["env": "prod"])
        #expect(meant.map { $0.labels["n"] } == ["1"])
        #expect(cache.meant(Self.samples, key: "k", service: "orders", labels: ["env": "test"]).isEmpty)
        #expect(cache.meant(Self.samples, key: "k", service: "other", labels: ["env": "prod"]).isEmpty)
    }

    @Test func questionsAboutServicesAndMetricsAreAskedOnce() {
        let asked = Mutex((services: 0, metrics: 0))
        var cache = FilterCache(
            SampleFilter(
                service: { _, _ in
                    asked.withLock {
                        $0.services += 1; return true
                    }
                },
                metric: { _ in
                    asked.withLock {
                        $0.metrics += 1; return true
                    }
                }
            )
        )
        for _ in 0..<10 { _ = cache.meant(Self.samples, key: "k", service: "orders", labels: [:]) }
        #expect(asked.withLock { $0.services } == 1 && asked.withLock { $0.metrics } == 2)
        cache.forget("k")
        _ = cache.meant(Self.samples, key: "k", service: "orders", labels: [:])
        #expect(asked.withLock { $0.services } == 2)
    }

    @Test func keptAnswersAreBounded() {
        var cache = FilterCache(SampleFilter(metric: { _ in true }))
        let samples = (0...(FilterCache.limit + 5)).map { Sample(name: "x\($0)", value: 1, timestamp: 0) }
        #expect(cache.meant(samples, key: "k", service: "", labels: [:]).count == samples.count)
        #expect(cache.answerCount <= FilterCache.limit)
    }

    @Test func alertsAreFilteredByTheSameQuestions() {
        let filter = SampleFilter(
            service: { name, _ in name == "orders" },
            metric: { $0 == "x" },
            series: { $0["a"] == "1" }
        )
        var alert = Alert(
            id: "1",
            state: .firing,
            status: .up,
            stat: "x",
            service: "orders",
            labels: ["a": "1"],
            value: 1,
            probability: 0,
            start: 0
        )
        #expect(filter.matches(alert))
        alert.stat = "y"
        #expect(!filter.matches(alert))
        #expect(SampleFilter().matches(alert))
    }
}
