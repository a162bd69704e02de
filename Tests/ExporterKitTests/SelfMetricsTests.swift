import Exposition
import Testing

@testable import ExporterKit

struct SelfMetricsTests {
    @Test func counterAddsUpByLabels() {
        let metrics = SelfMetrics()
        let counter = metrics.counter("polls_total", "Polls.")
        counter.increment(labels: ["source": "b"])
        counter.increment(by: 2, labels: ["source": "a"])
        counter.increment(labels: ["source": "b"])
        counter.increment(by: -1, labels: ["source": "a"])
        counter.increment(by: .nan, labels: ["source": "a"])
        counter.increment(by: .infinity, labels: ["source": "a"])
        #expect(counter.value(labels: ["source": "b"]) == 2)
        let family = MetricFamily(
            name: "polls_total",
            kind: .counter,
            help: "Polls.",
            metrics: [Metric(labels: ["source": "a"], 2), Metric(labels: ["source": "b"], 2)]
        )
        #expect(metrics.families() == [family])
    }

    @Test func instrumentsAreFoundAgainAndKeepTheirKind() {
        let metrics = SelfMetrics()
        metrics.counter("x", "X.").increment()
        metrics.counter("x", "Other.").increment()
        let gauge = metrics.gauge("x", "X.")
        gauge.set(9)
        #expect(gauge.value() == 9)
        #expect(metrics.families() == [MetricFamily(name: "x", kind: .counter, help: "X.", metrics: [Metric(2)])])
    }

    @Test func gaugeIsSetMovedAndRemoved() {
        let metrics = SelfMetrics()
        let gauge = metrics.gauge("queue", "Queue.")
        gauge.set(3, labels: ["q": "1"])
        gauge.add(-1, labels: ["q": "1"])
        gauge.set(7, labels: ["q": "2"])
        #expect(metrics.families().first?.metrics.map(\.value) == [.number(2), .number(7)])
        gauge.remove(labels: ["q": "2"])
        #expect(metrics.families().first?.metrics.count == 1)
    }

    @Test func histogramCountsInCumulativeBuckets() throws {
        let metrics = SelfMetrics()
        let histogram = metrics.histogram("seconds", "Seconds.", buckets: [1, 0.125, 10, .infinity, 1])
        for value in [0.125, 0.5, 1, 5, 100] { histogram.observe(value) }
        histogram.observe(.nan)
        histogram.observe(.milliseconds(62.5))
        let family = try #require(metrics.families().first)
        let expected = HistogramValue(
            buckets: [
                .init(upperBound: 0.125, cumulativeCount: 2), .init(upperBound: 1, cumulativeCount: 4),
                .init(upperBound: 10, cumulativeCount: 5), .init(upperBound: .infinity, cumulativeCount: 6),
            ],
            sum: 106.6875,
            count: 6
        )
        #expect(family.metrics == [Metric(value: .histogram(expected))])
        #expect(SnapshotEncoder(labels: [:]).encode([family]).problems.isEmpty)
        #expect(Histogram.durationBuckets == Histogram.durationBuckets.sorted())
    }

    @Test func labelSetsBeyondTheLimitAreGathered() {
        let metrics = SelfMetrics()
        let counter = metrics.counter("x_total", "X.", seriesLimit: 10)
        for number in 0..<1_000 { counter.increment(labels: ["n": "\(number)"]) }
        counter.increment(labels: ["n": "3"])
        let family = metrics.families().first
        #expect(family?.metrics.count == 11)
        #expect(counter.value(labels: ["overflow": "true"]) == 990)
        #expect(counter.value(labels: ["n": "3"]) == 2)
    }

    @Test func familiesComeByNameWithThoseThatAreReadLast() {
        let metrics = SelfMetrics()
        metrics.gauge("c", "").set(1)
        metrics.gauge("a", "").set(1)
        _ = metrics.gauge("unused", "")
        metrics.onRead { [MetricFamily(name: "b", kind: .gauge, metrics: [Metric(1)])] }
        #expect(metrics.families().map(\.name) == ["a", "b", "c"])
    }

    @Test func instrumentsMayBeUsedFromManyTasks() async {
        let metrics = SelfMetrics()
        await withDiscardingTaskGroup { group in
            for task in 0..<8 {
                group.addTask {
                    for number in 0..<1_000 {
                        metrics.counter("x_total", "X.").increment(labels: ["n": "\(number % 7)"])
                        metrics.histogram("h", "H.").observe(Double(task))
                    }
                    _ = metrics.families()
                }
            }
        }
        let total = (0..<7).reduce(0) { $0 + metrics.counter("x_total", "").value(labels: ["n": "\($1)"]) }
        #expect(total == 8_000)
        #expect(metrics.histogram("h", "").count() == 8_000)
    }
}
