import Exposition
import TestSupport
import Testing

@testable import ExportingModules

struct SampleReaderTests {
    private static func read(
        _ families: [MetricFamily],
        labels: LabelSet = [:],
        limit: Int = 1_000
    ) -> SampleReader.Reading {
        SampleReader(labels: labels, service: "orders", sampleLimit: limit).read(families, time: 5_000)
    }

    @Test func numbersKeepTheirNamesAndGetTheLabelsOfTheService() {
        let reading = Self.read(
            [
                MetricFamily(
                    name: "xact_total",
                    kind: .counter,
                    help: "Transactions.",
                    metrics: [Metric(labels: ["db": "a"], 1), Metric(labels: ["db": "b"], 2, timestamp: 7)]
                )
            ],
            labels: ["env": "prod", "zone": ""]
        )
        #expect(reading.problems.isEmpty)
        #expect(reading.samples.map(\.name) == ["xact_total", "xact_total"])
        #expect(reading.samples.map(\.labels) == [["db": "a", "env": "prod"], ["db": "b", "env": "prod"]])
        #expect(reading.samples.map(\.timestamp) == [5_000, 7])
        #expect(reading.samples.map(\.value) == [1, 2])
        #expect(reading.samples.allSatisfy { $0.service == "orders" && $0.kind == .counter })
        #expect(reading.samples[0].family === reading.samples[1].family)
        #expect(reading.samples[0].family.help == "Transactions.")
    }

    @Test func labelThatTheServiceHasTooIsRenamedUntilItsNameIsFree() {
        let metrics = [Metric(labels: ["env": "own", "exported_env": "taken", "exported_exported_env": "too"], 1)]
        let reading = Self.read([MetricFamily(name: "x", kind: .gauge, metrics: metrics)], labels: ["env": "prod"])
        let expected: LabelSet = [
            "env": "prod", "exported_env": "taken", "exported_exported_env": "too",
            "exported_exported_exported_env": "own",
        ]
        #expect(reading.samples.map(\.labels) == [expected])
    }

    @Test func emptyLabelIsNoLabel() {
        let metrics = [
            Metric(labels: ["a": "", "b": "1"], 1), Metric(labels: ["b": "1"], 2), Metric(labels: ["b": "2"], 3),
        ]
        let reading = Self.read([MetricFamily(name: "x", kind: .gauge, metrics: metrics)])
        #expect(reading.samples.map(\.labels) == [["b": "1"], ["b": "2"]])
        #expect(reading.samples.map(\.value) == [1, 3])
        #expect(reading.problems.map(\.reason) == [.duplicateSeries] && reading.droppedCount == 1)
    }

    @Test func histogramIsItsBucketsSumAndCount() {
        let value = HistogramValue(
            buckets: [.init(upperBound: 0.005, cumulativeCount: 1), .init(upperBound: 1e6, cumulativeCount: 3)],
            sum: 12.5,
            count: 4
        )
        let metrics = [Metric(labels: ["aa": "1", "zz": "2"], value: .histogram(value))]
        let reading = Self.read([MetricFamily(name: "t", kind: .histogram, metrics: metrics)])
        #expect(reading.samples.map(\.name) == ["t_bucket", "t_bucket", "t_bucket", "t_sum", "t_count"])
        #expect(reading.samples.map { $0.labels["le"] } == ["0.005", "1e+06", "+Inf", nil, nil])
        #expect(reading.samples[0].labels.labels.map(\.name) == ["aa", "le", "zz"])
        #expect(reading.samples.map(\.value) == [1, 3, 4, 12.5, 4])
        #expect(reading.samples.allSatisfy { $0.family.name == "t" && $0.kind == .histogram })
    }

    @Test func summaryIsItsQuantilesSumAndCount() {
        let value = SummaryValue(
            quantiles: [.init(quantile: 0.99, value: 3), .init(quantile: 0.5, value: 1)],
            sum: 9,
            count: 4
        )
        let reading = Self.read([
            MetricFamily(name: "t", kind: .summary, metrics: [Metric(value: .summary(value))])
        ])
        #expect(reading.samples.map(\.name) == ["t", "t", "t_sum", "t_count"])
        #expect(reading.samples.map { $0.labels["quantile"] } == ["0.5", "0.99", nil, nil])
    }

    @Test func whatNoPageMayHoldIsLeftOutAndCounted() {
        let histogram = HistogramValue(buckets: [], sum: 1, count: 1)
        let falling = HistogramValue(
            buckets: [.init(upperBound: 2, cumulativeCount: 1), .init(upperBound: 1, cumulativeCount: 1)],
            sum: 1,
            count: 1
        )
        let reading = Self.read(
            [
                MetricFamily(name: "", kind: .gauge, metrics: [Metric(1)]),
                MetricFamily(name: "a\0b", kind: .gauge, metrics: [Metric(1)]),
                MetricFamily(name: "x", kind: .gauge, metrics: [Metric(labels: ["__secret": "1"], 1), Metric(2)]),
                MetricFamily(name: "x", kind: .counter, metrics: [Metric(1), Metric(labels: ["a": "1"], 1)]),
                MetricFamily(name: "x", kind: .gauge, metrics: [Metric(3)]),
                MetricFamily(name: "h", kind: .histogram, metrics: [Metric(1), Metric(value: .histogram(falling))]),
                MetricFamily(
                    name: "h",
                    kind: .histogram,
                    metrics: [Metric(labels: ["le": "1"], value: .histogram(histogram))]
                ),
                MetricFamily(name: "h_count", kind: .gauge, metrics: [Metric(1)]),
                MetricFamily(name: "i", kind: .info, metrics: [Metric(2)]),
                MetricFamily(name: "old", kind: .gauge, metrics: [Metric(1, timestamp: -1)]),
            ],
            labels: ["__x": "1"]
        )
        #expect(reading.samples.map(\.name) == ["x"])
        #expect(reading.samples.map(\.value) == [2])
        var counts: [SampleProblem.Reason: Int] = [:]
        for problem in reading.problems { counts[problem.reason, default: 0] += problem.count }
        #expect(
            counts == [
                .illegalName: 1 + 1 + 1 + 3, .typeConflict: 2 + 1, .duplicateSeries: 1, .wrongValue: 1 + 5 + 1 + 1,
            ]
        )
    }

    @Test func samplesBeyondTheLimitAreLeftOutAndCounted() {
        let metrics = (0..<10).map { Metric(labels: ["n": "\($0)"], Double($0)) }
        let reading = Self.read([MetricFamily(name: "x", kind: .gauge, metrics: metrics)], limit: 4)
        #expect(reading.samples.map(\.value) == [0, 1, 2, 3])
        #expect(reading.problems.map(\.reason) == [.limitExceeded] && reading.droppedCount == 6)
    }

    @Test func duplicatesAreFoundInAnyOrder() {
        let order = [3, 1, 2, 1, 3, 0]
        let metrics = order.map { Metric(labels: ["n": "\($0)"], Double($0)) }
        let reading = Self.read([MetricFamily(name: "x", kind: .gauge, metrics: metrics)])
        #expect(reading.samples.map(\.value) == [3, 1, 2, 0])
        #expect(reading.droppedCount == 2)
    }

    @Test func spellingsOfOneCharacterAreDifferentSeries() {
        let metrics = ["\u{E9}", "e\u{301}", "\u{E9}"].map { Metric(labels: ["n": $0], 1) }
        let reading = Self.read([MetricFamily(name: "x", kind: .gauge, metrics: metrics)])
        #expect(reading.samples.count == 2 && reading.droppedCount == 1)
    }

    @Test func collectedMarkOfAnEndedSeriesIsAnOrdinaryNaN() {
        let metrics = [Metric(Double(bitPattern: Sample.staleBits))]
        let reading = Self.read([MetricFamily(name: "x", kind: .gauge, metrics: metrics)])
        #expect(reading.samples.count == 1 && reading.samples[0].value.isNaN && !reading.samples[0].isStale)
    }

    @Test func problemsAreBoundedAndTheirCountIsExact() {
        let families = (0..<500).map { MetricFamily(name: "x\($0)", kind: .info, metrics: [Metric(0)]) }
        let reading = Self.read(families)
        #expect(reading.droppedCount == 500 && reading.problems.count == ProblemLog.limit + 1)
    }

    @Test(arguments: [
        (0, "0"), (-0.0, "0"), (1, "1"), (0.25, "0.25"), (-1.5, "-1.5"), (123456, "123456"), (1_000_000, "1e+06"),
        (1_234_567, "1.234567e+06"), (0.0001, "0.0001"), (0.00001, "1e-05"), (1e21, "1e+21"), (1e100, "1e+100"),
        (.leastNonzeroMagnitude, "5e-324"), (.infinity, "+Inf"), (-.infinity, "-Inf"), (.nan, "NaN"),
        (100_000.5, "100000.5"),
    ])
    func boundsAreWrittenAsOnAPage(value: Double, text: String) {
        #expect(NumberText.text(value) == text)
    }
}
