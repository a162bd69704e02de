import Testing

@testable import Exposition

struct PageBuilderTests {
    @Test func familiesOfAllSectionsAreMerged() {
        let result = page([
            section("b", ["s": "b"], [gauge("up", Metric(1)), gauge("z", Metric(2))]),
            section(
                "a",
                ["s": "a"],
                [gauge("a", help: "A \"text\"\\\n.", Metric(3)), gauge("up", help: "Up.", Metric(4))]
            ),
        ])
        #expect(
            result.text == #"""
                # HELP a A "text"\\\n.
                # TYPE a gauge
                a{s="a"} 3
                # HELP up Up.
                # TYPE up gauge
                up{s="b"} 1
                up{s="a"} 4
                # TYPE z gauge
                z{s="b"} 2

                """#
        )
        let bytes = result.text.utf8.count
        #expect(result.report == PageReport(families: 3, samples: 4, bytes: bytes, problems: []))
    }

    @Test func theTextFormatKnowsFewerKinds() {
        let summary = MetricValue.summary(SummaryValue(quantiles: [], sum: 0, count: 0))
        let histogram = MetricValue.histogram(HistogramValue(buckets: [], sum: 0, count: 0))
        let families = [
            MetricFamily(name: "a_total", kind: .counter, unit: "", metrics: [Metric(1)]),
            MetricFamily(name: "b_seconds_total", kind: .counter, unit: "seconds", metrics: [Metric(1)]),
            MetricFamily(name: "c", kind: .counter, metrics: [Metric(1)]),
            MetricFamily(name: "d_info", kind: .info, metrics: [Metric(1)]),
            MetricFamily(name: "e", kind: .info, metrics: [Metric(1)]),
            MetricFamily(name: "f", kind: .unknown, help: "a \"b\" \\ \n", unit: "seconds", metrics: [Metric(1)]),
            MetricFamily(name: "g", kind: .summary, metrics: [Metric(value: summary)]),
            MetricFamily(name: "h.bytes", kind: .histogram, unit: "bytes", metrics: [Metric(value: histogram)]),
            MetricFamily(name: "i_bytes", kind: .gauge, unit: "bytes", metrics: [Metric(1)]),
        ]
        let headers = { (format: ExpositionFormat) in
            page([section("s", [:], families)], format).text.split(separator: "\n").filter { $0.hasPrefix("#") }
        }
        #expect(
            headers(.canonical) == [
                "# TYPE a_total counter", "# TYPE b_seconds_total counter", "# TYPE c counter", "# TYPE d_info gauge",
                "# TYPE e gauge", #"# HELP f a "b" \\ \n"#, "# TYPE f untyped", "# TYPE g summary",
                #"# TYPE "h.bytes" histogram"#, "# TYPE i_bytes gauge",
            ]
        )
        #expect(
            headers(.openMetrics) == [
                "# TYPE a counter", "# TYPE b_seconds counter", "# UNIT b_seconds seconds", "# TYPE c unknown",
                "# TYPE d info", "# TYPE e gauge", #"# HELP f a \"b\" \\ \n"#, "# TYPE f unknown", "# TYPE g summary",
                #"# TYPE "h.bytes" histogram"#, "# TYPE i_bytes gauge", "# UNIT i_bytes bytes", "# EOF",
            ]
        )
    }

    @Test func aShortNameThatIsTakenStaysLong() {
        let sections = [
            section(
                "s",
                [:],
                [
                    gauge("a", Metric(1)), MetricFamily(name: "a_total", kind: .counter, metrics: [Metric(1)]),
                    MetricFamily(name: "b_info", kind: .info, metrics: [Metric(1)]),
                    MetricFamily(name: "b_total", kind: .counter, metrics: [Metric(1)]),
                ]
            )
        ]
        let types = page(sections, .openMetrics).text.split(separator: "\n").filter { $0.hasPrefix("# TYPE") }
        #expect(types == ["# TYPE a gauge", "# TYPE a_total unknown", "# TYPE b info", "# TYPE b_total unknown"])
    }

    @Test func anEmptyPageIsValid() {
        #expect(page([]).text == "")
        #expect(page([], .openMetrics).text == "# EOF\n")
        #expect(page([section("a", [:], [])], .openMetrics).report.bytes == 6)
    }

    @Test func theKindOfTheFirstSectionWins() {
        let result = page([
            section("one", ["s": "1"], [gauge("x", Metric(1))]),
            section("two", ["s": "2"], [MetricFamily(name: "x", kind: .counter, metrics: [Metric(1)])]),
            section("three", ["s": "3"], [gauge("x", Metric(3))]),
        ])
        #expect(result.text == "# TYPE x gauge\nx{s=\"1\"} 1\nx{s=\"3\"} 3\n")
        #expect(result.report.problems.map(\.reason) == [.typeConflict])
        #expect(result.report.problems.first?.detail.hasPrefix("two: ") == true)
    }

    @Test func suffixesCollideAcrossSections() {
        let histogram = MetricFamily(
            name: "x",
            kind: .histogram,
            metrics: [Metric(value: .histogram(HistogramValue(buckets: [], sum: 0, count: 0)))]
        )
        let early = page([
            section("one", ["s": "1"], [gauge("x_count", Metric(1))]), section("two", ["s": "2"], [histogram]),
            section("three", ["s": "3"], [histogram]),
        ])
        #expect(early.text == "# TYPE x_count gauge\nx_count{s=\"1\"} 1\n")
        #expect(early.report.problems.map(\.count) == [6])
        let late = page([
            section("one", ["s": "1"], [histogram]), section("two", ["s": "2"], [gauge("x_count", Metric(1))]),
        ])
        #expect(late.report.families == 1)
        #expect(late.report.samples == 3)
        #expect(late.report.problems.first?.detail.hasPrefix("two: ") == true)
    }

    @Test func equalSectionsShareNoSeries() {
        let result = page([
            section("one", ["s": "1"], [gauge("x", Metric(labels: ["a": "1"], 1), Metric(labels: ["a": "2"], 2))]),
            section("two", ["s": "1"], [gauge("x", Metric(labels: ["a": "2"], 3), Metric(labels: ["a": "3"], 4))]),
            section("three", ["s": "3"], [gauge("x", Metric(labels: ["a": "2"], 5))]),
        ])
        #expect(
            result.text == """
                # TYPE x gauge
                x{a="1",s="1"} 1
                x{a="2",s="1"} 2
                x{a="3",s="1"} 4
                x{a="2",s="3"} 5

                """
        )
        #expect(result.report.samples == 4)
        #expect(result.report.problems.map(\.reason) == [.duplicateSeries])
        #expect(result.report.problems.first?.detail.hasPrefix("two: x{a=\"2\"") == true)
    }

    @Test func aCollectedLabelCanStandForOneOfAService() {
        let result = page([
            section("self", [:], [gauge("x", Metric(labels: ["s": "1"], 1), Metric(2))]),
            section("one", ["s": "1"], [gauge("x", Metric(3), Metric(labels: ["t": ""], 4))]),
            section("two", ["s": "2", "t": ""], [gauge("x", Metric(5))]),
        ])
        #expect(result.text == "# TYPE x gauge\nx 2\nx{s=\"1\"} 1\nx{s=\"2\"} 5\n")
        // The encoder found the other one of the second section.
        #expect(result.report.problems.map(\.count) == [1])
    }

    @Test func differentLabelsThatAreEscapedAlikeAreSeen() {
        let format = ExpositionFormat(syntax: .text004, escaping: .underscores)
        let sections = [
            section("one", ["a.b": "1"], [gauge("x", Metric(1)), gauge("y.z", Metric(2))]),
            section("two", ["a_b": "1"], [gauge("x", Metric(3)), gauge("y_z", Metric(labels: ["c": "d"], 4))]),
        ]
        let escaped = page(sections, format)
        #expect(
            escaped.text == """
                # TYPE x gauge
                x{a_b="1"} 1
                # TYPE y_z gauge
                y_z{a_b="1"} 2
                y_z{a_b="1",c="d"} 4

                """
        )
        #expect(escaped.report.problems.map(\.reason) == [.duplicateSeries])
        #expect(page(sections).report.problems.isEmpty)
    }

    @Test func namesOfOneSectionThatAreEscapedAlikeShareAFamily() {
        let families = [gauge("y.z", Metric(2)), gauge("y_z", Metric(3), Metric(labels: ["a": "b"], 4))]
        let result = page(
            [section("one", ["s": "1"], families)],
            ExpositionFormat(syntax: .text004, escaping: .underscores)
        )
        #expect(result.text == "# TYPE y_z gauge\ny_z{s=\"1\"} 2\ny_z{a=\"b\",s=\"1\"} 4\n")
        #expect(result.report.problems.map(\.reason) == [.duplicateSeries])
    }

    @Test func manyShapesAreLookedAtTogether() {
        // Each section has a label that no other has, so that only `s` tells them apart; two share its value.
        let sections = (0..<40).map { number in
            section(
                "\(number)",
                ["s": "\(number % 39)", "l\(number)": "1"],
                [
                    gauge(
                        "x",
                        Metric(labels: number == 0 ? ["l39": "1"] : number == 39 ? ["l0": "1"] : [:], Double(number))
                    )
                ]
            )
        }
        let result = page(sections)
        #expect(result.report.samples == 39)
        #expect(result.report.problems.map(\.reason) == [.duplicateSeries])
        #expect(result.report.problems.first?.detail.hasPrefix("39: ") == true)
    }

    @Test func pagesComeInPieces() {
        let families = [
            MetricFamily(
                name: "x",
                kind: .gauge,
                metrics: (0..<20_000).map { Metric(labels: ["n": "\($0)"], Double($0)) }
            )
        ]
        let sections = [section("a", ["s": "a"], families), section("b", ["s": "b"], families)]
        let chunks = Array(PageBuilder(format: .canonical).chunks(of: sections))
        #expect(chunks.count > 10)
        #expect(chunks.dropLast().allSatisfy { $0.count == PageBuilder.chunkSize })
        let whole = sections.flatMap { $0.families }.flatMap { $0.body }
        #expect(Array(chunks.joined()) == Array("# TYPE x gauge\n".utf8) + whole)
    }

    @Test func aSinkThatThrowsEndsThePage() {
        struct Full: Error {}
        let sections = [section("a", [:], [gauge("x", Metric(1))])]
        var calls = 0
        #expect(throws: Full.self) {
            try PageBuilder(format: .canonical).write(sections) { _ throws(Full) in
                calls += 1
                throw Full()
            }
        }
        #expect(calls == 1)
    }
}
