import Exposition
import Testing

struct SnapshotEncoderTests {
    @Test func samplesAreWrittenInTheTextLayout() {
        let histogram = HistogramValue(
            buckets: [.init(upperBound: 0.1, cumulativeCount: 2), .init(upperBound: 1, cumulativeCount: 5)],
            sum: 3.5,
            count: 1_000_000
        )
        let summary = SummaryValue(
            quantiles: [.init(quantile: 0.99, value: 2), .init(quantile: 0.5, value: 1)],
            sum: 10,
            count: 4
        )
        let snapshot = encode([
            MetricFamily(
                name: "b_seconds",
                kind: .histogram,
                metrics: [Metric(labels: ["x": "1"], value: .histogram(histogram))]
            ),
            MetricFamily(name: "c", kind: .summary, metrics: [Metric(value: .summary(summary), timestamp: 12)]),
            gauge("a", Metric(labels: ["le": "q\"\\\n", "x": "y"], 1.5, timestamp: 1_520_879_607_789), Metric(-0.0)),
            MetricFamily(name: "d_info", kind: .info, metrics: [Metric(labels: ["version": "1"], 1)]),
        ])
        #expect(snapshot.problems.isEmpty)
        #expect(snapshot.sampleCount == 12)
        #expect(snapshot.families.map(\.name) == ["a", "b_seconds", "c", "d_info"])
        #expect(
            text(snapshot) == #"""
                a 0
                a{le="q\"\\\n",x="y"} 1.5 1520879607789
                b_seconds_bucket{x="1",le="0.1"} 2
                b_seconds_bucket{x="1",le="1"} 5
                b_seconds_bucket{x="1",le="+Inf"} 1e+06
                b_seconds_sum{x="1"} 3.5
                b_seconds_count{x="1"} 1e+06
                c{quantile="0.5"} 1 12
                c{quantile="0.99"} 2 12
                c_sum 10 12
                c_count 4 12
                d_info{version="1"} 1

                """#
        )
    }

    @Test func namesThatAreNotPlainAreQuoted() {
        let value = HistogramValue(buckets: [], sum: 1, count: 2)
        let snapshot = encode(
            [
                gauge("my.gauge", Metric(1), Metric(labels: ["a.b": "c", "d:e": "f", "\"": "g"], 2)),
                MetricFamily(name: "my \"hist\"", kind: .histogram, metrics: [Metric(value: .histogram(value))]),
            ],
            labels: ["service": "s"]
        )
        #expect(snapshot.problems.isEmpty)
        #expect(
            text(snapshot) == #"""
                {"my \"hist\"_bucket",service="s",le="+Inf"} 2
                {"my \"hist\"_sum",service="s"} 1
                {"my \"hist\"_count",service="s"} 2
                {"my.gauge","\""="g","a.b"="c","d:e"="f",service="s"} 2
                {"my.gauge",service="s"} 1

                """#
        )
    }

    @Test func labelsOfTheServiceAreMergedInOrder() {
        let snapshot = encode(
            [gauge("up", Metric(labels: ["b": "1", "e": "2"], 1))],
            labels: ["a": "x", "c": "\"y\"", "f": "z", "empty": ""]
        )
        #expect(text(snapshot) == #"up{a="x",b="1",c="\"y\"",e="2",f="z"} 1"# + "\n")
    }

    @Test func aCollectedLabelThatClashesIsExported() {
        let snapshot = encode(
            [
                gauge(
                    "up",
                    Metric(labels: ["service": "1"], 1),
                    Metric(labels: ["service": "2", "exported_service": "3"], 2),
                    Metric(labels: ["host": "4", "exported_host": "5"], 3)
                )
            ],
            labels: ["service": "s", "host": "h", "exported_host": "e"]
        )
        #expect(snapshot.problems.isEmpty)
        let lines = Set(text(snapshot).split(separator: "\n").map(String.init))
        #expect(
            lines == [
                #"up{exported_host="e",exported_service="1",host="h",service="s"} 1"#,
                #"up{exported_exported_service="2",exported_host="e",exported_service="3",host="h",service="s"} 2"#,
                #"up{exported_exported_exported_host="5",exported_exported_host="4",exported_host="e",host="h",service="s"} 3"#,
            ]
        )
    }

    @Test func seriesComeInAStableOrder() {
        let metrics = (0..<50).map { Metric(labels: ["n": "\($0 * 7 % 50)"], Double($0)) }
        let forward = encode([MetricFamily(name: "x", kind: .gauge, metrics: metrics)])
        let backward = encode([MetricFamily(name: "x", kind: .gauge, metrics: metrics.reversed())])
        #expect(forward.families[0].body == backward.families[0].body)
        let lines = text(forward).split(separator: "\n")
        #expect(lines == lines.sorted())
    }

    @Test func familiesOfOneNameAreMerged() {
        let snapshot = encode([
            gauge("x", Metric(labels: ["n": "2"], 2)),
            MetricFamily(name: "y", kind: .counter, metrics: []),
            MetricFamily(
                name: "x",
                kind: .gauge,
                help: "Later.",
                unit: "seconds",
                metrics: [Metric(labels: ["n": "1"], 1)]
            ),
        ])
        #expect(snapshot.families.count == 1)
        #expect(snapshot.families[0].help == "Later.")
        #expect(snapshot.families[0].unit == "seconds")
        #expect(text(snapshot) == "x{n=\"1\"} 1\nx{n=\"2\"} 2\n")
    }

    @Test func duplicatesAreDroppedAndCounted() {
        let snapshot = encode([
            gauge(
                "x",
                Metric(labels: ["a": "1"], 1),
                Metric(labels: ["a": "1"], 2),
                Metric(labels: ["a": "1"], 3),
                Metric(4)
            ),
            gauge("x", Metric(5)),
        ])
        #expect(text(snapshot) == "x 4\nx{a=\"1\"} 1\n")
        #expect(snapshot.sampleCount == 2)
        #expect(snapshot.problems.count == 1)
        #expect(snapshot.problems.first?.reason == .duplicateSeries)
        #expect(snapshot.problems.first?.count == 3)
        #expect(snapshot.problems.first?.family == "x")
    }

    @Test func samplesOfDifferentTimesAreNoDuplicates() {
        let snapshot = encode([
            gauge("x", Metric(3, timestamp: 2), Metric(2, timestamp: 1), Metric(1), Metric(4, timestamp: 2))
        ])
        #expect(text(snapshot) == "x 2 1\nx 3 2\nx 1\n")
        #expect(snapshot.problems.map(\.count) == [1])
    }

    @Test func anEmptyLabelMeansNone() {
        let snapshot = encode([
            gauge("x", Metric(labels: ["a": ""], 1), Metric(2), Metric(labels: ["a": "", "b": "1"], 3)),
            gauge("y", Metric(labels: ["b": "1"], 1), Metric(labels: ["a": "", "b": "1", "c": ""], 2)),
        ])
        #expect(text(snapshot) == "x{a=\"\"} 1\nx{a=\"\",b=\"1\"} 3\ny{b=\"1\"} 1\n")
        #expect(snapshot.problems.map(\.reason) == [.duplicateSeries, .duplicateSeries])
        #expect(snapshot.sampleCount == 3)
    }

    @Test func aHistogramIsDroppedAsAWhole() {
        func histogram(_ bound: Double, _ count: Double) -> MetricValue {
            .histogram(
                HistogramValue(buckets: [.init(upperBound: bound, cumulativeCount: count)], sum: 0, count: count)
            )
        }
        let snapshot = encode([
            MetricFamily(
                name: "h",
                kind: .histogram,
                metrics: [
                    Metric(labels: ["a": "2"], value: histogram(1, 1)),
                    Metric(labels: ["a": "1"], value: histogram(2, 2)),
                    Metric(labels: ["a": "2"], value: histogram(3, 3)),
                ]
            )
        ])
        #expect(snapshot.sampleCount == 8)
        #expect(snapshot.problems.map(\.count) == [4])
        #expect(
            text(snapshot).hasPrefix(
                "h_bucket{a=\"1\",le=\"2\"} 2\nh_bucket{a=\"1\",le=\"+Inf\"} 2\nh_sum{a=\"1\"} 0\n"
            )
        )
    }

    @Test(arguments: [
        ("", "empty"), ("a\0b", "zero"),
    ])
    func illegalMetricNamesAreReported(name: String, detail: String) {
        let snapshot = encode([gauge(name, Metric(1), Metric(2)), gauge("fine", Metric(1))])
        #expect(text(snapshot) == "fine 1\n")
        #expect(snapshot.problems.map(\.reason) == [.illegalName])
        #expect(snapshot.problems.first?.count == 2)
        #expect(snapshot.problems.first?.detail.contains(detail) == true)
    }

    @Test(arguments: ["", "__name__", "a\0b"])
    func illegalLabelNamesAreReported(name: String) {
        let snapshot = encode([gauge("x", Metric(labels: [name: "v"], 1), Metric(2))])
        #expect(text(snapshot) == "x 2\n")
        #expect(snapshot.problems.map(\.reason) == [.illegalName])
        let service = encode([gauge("x", Metric(1))], labels: [name: "v", "good": "1"])
        #expect(text(service) == "x{good=\"1\"} 1\n")
        #expect(service.problems.map(\.count) == [0])
    }

    @Test func labelsOfTheFormatAreRefused() {
        let histogram = MetricValue.histogram(HistogramValue(buckets: [], sum: 0, count: 0))
        let summary = MetricValue.summary(SummaryValue(quantiles: [], sum: 0, count: 0))
        let snapshot = encode([
            MetricFamily(name: "h", kind: .histogram, metrics: [Metric(labels: ["le": "1"], value: histogram)]),
            MetricFamily(name: "s", kind: .summary, metrics: [Metric(labels: ["quantile": "1"], value: summary)]),
            MetricFamily(name: "t", kind: .summary, metrics: [Metric(labels: ["le": "1"], value: summary)]),
        ])
        #expect(snapshot.families.map(\.name) == ["t"])
        #expect(snapshot.problems.map(\.family) == ["h", "s"])
        #expect(snapshot.problems.map(\.count) == [3, 2])
    }

    @Test func valuesThatDoNotFitTheKindAreReported() {
        func histogram(_ buckets: [(Double, Double)], count: Double = 10) -> Metric {
            let buckets = buckets.map { HistogramValue.Bucket(upperBound: $0.0, cumulativeCount: $0.1) }
            return Metric(value: .histogram(HistogramValue(buckets: buckets, sum: 0, count: count)))
        }
        func summary(_ quantiles: [Double], count: Double = 1) -> Metric {
            let quantiles = quantiles.map { SummaryValue.Quantile(quantile: $0, value: 1) }
            return Metric(value: .summary(SummaryValue(quantiles: quantiles, sum: 0, count: count)))
        }
        let snapshot = encode([
            MetricFamily(
                name: "h",
                kind: .histogram,
                metrics: [
                    Metric(1), summary([]), histogram([(2, 1), (1, 2)]), histogram([(1, 2), (1, 2)]),
                    histogram([(1, 5), (2, 4)]), histogram([(1, 11)]), histogram([(.nan, 1)]),
                    histogram([], count: .nan),
                    histogram([(1, -1)]), histogram([(1, 4), (2, 5)]),
                ]
            ),
            MetricFamily(
                name: "s",
                kind: .summary,
                metrics: [
                    summary([1.1]), summary([0.5, 0.5]), summary([.nan]), summary([], count: -1), summary([1, 0]),
                ]
            ),
            MetricFamily(name: "i_info", kind: .info, metrics: [Metric(2)]),
            gauge("g", histogram([]), Metric(1, timestamp: -1), Metric(1)),
        ])
        #expect(snapshot.problems.allSatisfy { $0.reason == .wrongValue })
        #expect(snapshot.families.map(\.name) == ["g", "h", "s"])
        #expect(snapshot.families.map(\.sampleCount) == [1, 5, 4])
    }

    @Test func theFirstKindOfANameWins() {
        let snapshot = encode([
            gauge("x", Metric(1)), MetricFamily(name: "x", kind: .counter, metrics: [Metric(2), Metric(3)]),
        ])
        #expect(text(snapshot) == "x 1\n")
        #expect(snapshot.problems.map(\.reason) == [.typeConflict])
        #expect(snapshot.problems.first?.count == 2)
    }

    @Test(arguments: [
        ("x_count", MetricKind.summary, true), ("x_sum", .summary, true), ("x_bucket", .summary, false),
        ("x_count", .histogram, true), ("x_bucket", .histogram, true), ("x_total", .histogram, false),
    ])
    func samplesOfTwoFamiliesNeverHaveOneName(name: String, kind: MetricKind, clashes: Bool) {
        let value: MetricValue =
            kind == .summary
            ? .summary(SummaryValue(quantiles: [], sum: 0, count: 0))
            : .histogram(HistogramValue(buckets: [], sum: 0, count: 0))
        let distribution = MetricFamily(name: "x", kind: kind, metrics: [Metric(value: value)])
        let first = encode([distribution, gauge(name, Metric(1))])
        #expect(first.families.map(\.name) == (clashes ? ["x"] : ["x", name]))
        let second = encode([gauge(name, Metric(1)), distribution])
        #expect(second.families.map(\.name) == (clashes ? [name] : ["x", name]))
        #expect(second.problems.map(\.reason) == (clashes ? [.typeConflict] : []))
    }

    @Test func theLimitIsExact() {
        let families = [
            MetricFamily(name: "x", kind: .gauge, metrics: (0..<10).map { Metric(labels: ["n": "\($0)"], 1) })
        ]
        #expect(encode(families, sampleLimit: 10).problems.isEmpty)
        let cut = encode(families, sampleLimit: 9)
        #expect(cut.sampleCount == 9)
        #expect(cut.problems.map(\.reason) == [.limitExceeded])
        #expect(cut.problems.map(\.count) == [1])
        let none = encode(families, sampleLimit: 0)
        #expect(none.families.isEmpty)
        #expect(none.problems.map(\.count) == [10])
        #expect(encode(families, sampleLimit: -1).families.isEmpty)
    }

    @Test func problemsAreBoundedAndCountsExact() {
        let bad = (0..<500).map { MetricFamily(name: "f\($0)", kind: .histogram, metrics: [Metric(1), Metric(2)]) }
        let snapshot = encode(bad + [gauge(String(repeating: "n", count: 10_000), Metric(labels: ["__x": "1"], 1))])
        #expect(snapshot.problems.count <= 70)
        #expect(snapshot.problems.reduce(0) { $0 + $1.count } == 1001)
        #expect(snapshot.problems.allSatisfy { $0.family.utf8.count < 300 && $0.detail.utf8.count < 500 })
    }
}
