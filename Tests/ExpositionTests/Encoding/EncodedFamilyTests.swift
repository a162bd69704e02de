import Testing

@testable import Exposition

struct EncodedFamilyTests {
    private static let histogram = MetricFamily(
        name: "my.hist",
        kind: .histogram,
        metrics: [
            Metric(
                labels: ["a.b": "x,\"y\"}", "c": "1 2"],
                value: .histogram(
                    HistogramValue(
                        buckets: [.init(upperBound: 5, cumulativeCount: 3_000_000)],
                        sum: 10,
                        count: 3_000_000
                    )
                ),
                timestamp: 1500
            )
        ]
    )

    @Test func plainNamesAreTheSameBytesUnderEveryScheme() throws {
        let family = try #require(encode([gauge("x", Metric(labels: ["a": "b"], 1))]).families.first)
        for scheme in EscapingScheme.allCases {
            let body = family.body(for: ExpositionFormat(syntax: .text004, escaping: scheme))
            #expect(Self.address(body) == Self.address(family.body))
        }
    }

    @Test func aDerivedBodyIsMadeOnce() throws {
        let family = try #require(encode([Self.histogram]).families.first)
        for syntax in ExpositionFormat.Syntax.allCases {
            for scheme in EscapingScheme.allCases {
                let format = ExpositionFormat(syntax: syntax, escaping: scheme)
                #expect(Self.address(family.body(for: format)) == Self.address(family.body(for: format)))
            }
        }
        let old = family.body(for: ExpositionFormat(syntax: .openMetrics001, escaping: .values))
        let new = family.body(for: ExpositionFormat(syntax: .openMetrics100, escaping: .values))
        #expect(Self.address(old) == Self.address(new))
    }

    @Test func readersAtTheSameTimeSeeOneBody() async throws {
        let family = try #require(encode([Self.histogram]).families.first)
        let formats = ExpositionFormat.Syntax.allCases.flatMap { syntax in
            EscapingScheme.allCases.map { ExpositionFormat(syntax: syntax, escaping: $0) }
        }
        let addresses = await withTaskGroup(of: [UInt?].self) { group in
            for _ in 0..<16 {
                group.addTask { formats.map { UInt(bitPattern: Self.address(family.body(for: $0))) } }
            }
            return await group.reduce(into: []) { $0.append($1) }
        }
        #expect(addresses.count == 16)
        #expect(Set(addresses).count == 1)
    }

    @Test func aFamilyThatTheCallerEncodedIsLookedAt() {
        let quoted = EncodedFamily(
            name: "x",
            kind: .gauge,
            help: "",
            unit: nil,
            sampleCount: 2,
            body: Array("x{a=\"1\"} 5\nx{\"b.c\"=\"2\"} 6\n".utf8)
        )
        let body = quoted.body(for: ExpositionFormat(syntax: .text004, escaping: .dots))
        #expect(String(decoding: body, as: UTF8.self) == "x{a=\"1\"} 5\nx{b_dot_c=\"2\"} 6\n")
    }

    @Test(arguments: [
        (EscapingScheme.underscores, "my_hist", "a_b"), (.dots, "my_dot_hist", "a_dot_b"),
        (.values, "U__my_2e_hist", "U__a_2e_b"),
    ])
    func suffixesAreNotEscaped(scheme: EscapingScheme, name: String, label: String) {
        let body = text(encode([Self.histogram]), ExpositionFormat(syntax: .text004, escaping: scheme))
        let labels = #"\#(label)="x,\"y\"}",c="1 2""#
        #expect(
            body == """
                \(name)_bucket{\(labels),le="5"} 3e+06 1500
                \(name)_bucket{\(labels),le="+Inf"} 3e+06 1500
                \(name)_sum{\(labels)} 10 1500
                \(name)_count{\(labels)} 3e+06 1500

                """
        )
    }

    @Test func openMetricsHasFloatsIntegerCountsAndSeconds() {
        #expect(
            text(encode([Self.histogram]), .openMetrics) == #"""
                {"my.hist_bucket","a.b"="x,\"y\"}",c="1 2",le="5.0"} 3000000 1.5
                {"my.hist_bucket","a.b"="x,\"y\"}",c="1 2",le="+Inf"} 3000000 1.5
                {"my.hist_sum","a.b"="x,\"y\"}",c="1 2"} 10.0 1.5
                {"my.hist_count","a.b"="x,\"y\"}",c="1 2"} 3000000 1.5

                """#
        )
        let summary = SummaryValue(
            quantiles: [.init(quantile: 0, value: 3), .init(quantile: 1, value: .nan)],
            sum: .infinity,
            count: 2
        )
        let snapshot = encode([
            MetricFamily(name: "s", kind: .summary, metrics: [Metric(value: .summary(summary))]),
            gauge(
                "g",
                Metric(7, timestamp: 1_520_879_607_789),
                Metric(labels: ["a": "b 1"], 1e6),
                Metric(labels: ["a": "c"], 2)
            ),
            gauge("h_count", Metric(1)),
        ])
        #expect(
            text(snapshot, .openMetrics) == """
                g 7.0 1.520879607789e+09
                g{a="b 1"} 1e+06
                g{a="c"} 2.0
                h_count 1.0
                s{quantile="0.0"} 3.0
                s{quantile="1.0"} NaN
                s_sum +Inf
                s_count 2

                """
        )
    }

    @Test func seriesThatOnlyDifferUnescapedAreDropped() throws {
        let snapshot = encode([
            gauge(
                "x",
                Metric(labels: ["a.b": "1"], 1),
                Metric(labels: ["a_b": "1"], 2),
                Metric(labels: ["a.b": "1", "a_b": "2"], 3),
                Metric(labels: ["a_b": "2"], 4)
            )
        ])
        let family = try #require(snapshot.families.first)
        let rendition = family.rendition(for: ExpositionFormat(syntax: .text004, escaping: .underscores))
        #expect(String(decoding: rendition.body, as: UTF8.self) == "x{a_b=\"1\"} 1\nx{a_b=\"2\"} 4\n")
        #expect(rendition.sampleCount == 2)
        #expect(Set(rendition.problems.map(\.reason)) == [.duplicateSeries, .illegalName])
        #expect(family.rendition(for: ExpositionFormat(syntax: .text004, escaping: .values)).problems.isEmpty)
    }

    @Test func linesThatAreNotLaidOutRightCauseNoHarm() {
        for line in [
            "", "x", "{", "{\"", "{\"x", "{\"x\"", "x{", "x{a", "x{a=", "x{a=\"", "x{a=\"\\", "x{a=\"b\"}", "\\", " ",
            "x ", " 1",
        ] {
            let family = EncodedFamily(
                name: "x.y",
                kind: .histogram,
                help: "",
                unit: nil,
                sampleCount: 1,
                body: Array((line + "\n" + line).utf8)
            )
            for scheme in EscapingScheme.allCases {
                _ = family.body(for: ExpositionFormat(syntax: .text004, escaping: scheme))
                let body = family.body(for: ExpositionFormat(syntax: .openMetrics100, escaping: scheme))
                #expect(body.count >= line.utf8.count)
            }
        }
    }

    private static func address(_ bytes: [UInt8]) -> UnsafeRawPointer? {
        bytes.withUnsafeBytes { $0.baseAddress }
    }
}
