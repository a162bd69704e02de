import TestSupport
import Testing

@testable import Exposition

struct TextParserTests {
    private static func error(_ page: [UInt8]) -> TextParseError? {
        do throws(TextParseError) {
            var parser = TextParser(page)
            while try parser.next() != nil {}
            return nil
        } catch {
            return error
        }
    }

    private static func samples(_ page: String) throws -> [String] {
        var samples: [String] = []
        try TextParser.forEach(in: Array(page.utf8)) { event in
            guard case .sample(let sample) = event else { return }
            let labels = sample.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            let time = sample.timestamp.map { "@\($0)" } ?? ""
            samples.append("\(sample.name){\(labels)} \(sample.value)\(time)")
        }
        return samples
    }

    @Test(arguments: ParserCase.errors)
    func whatPrometheusRefusesIsRefusedInItsWords(parserCase: ParserCase) {
        #expect(Self.error(parserCase.input)?.message == parserCase.error)
    }

    @Test(arguments: ParserCase.zeroBytes)
    func zeroBytesAreTakenWherePrometheusTakesThem(parserCase: ParserCase) {
        #expect(Self.error(parserCase.input)?.message ?? "" == parserCase.error)
    }

    @Test func whatPrometheusTakesIsTaken() throws {
        let page = """
            # HELP go_gc_duration_seconds A summary of the GC invocation durations.
            # \tTYPE go_gc_duration_seconds summary
            go_gc_duration_seconds{quantile="0"} 4.9351e-05
            go_gc_duration_seconds{quantile="0.25",} 7.424100000000001e-05
            go_gc_duration_seconds{ quantile="0.9", a="b"} 8.3835e-05
            # Hrandom comment starting with prefix of HELP
            #
            wind_speed{A="2",c="3"} 12345
            # comment with escaped \\n newline
            # HELP nohelp1
            # HELP nohelp2\u{20}
            go_gc_duration_seconds { quantile = "1.0", a = "b" } 8.3835e-05
            go_gc_duration_seconds { quantile = "2.0" a = "b" } 8.3835e-05
            some:aggregate:rate5m{a_b="c"}\t1

            go_goroutines 33  \t123123
            testmetric{label="\\"bar\\"",x="\\\\n\\n\\x"} 1
            { "go.gc", quantile = "1.0", "a b\\n\\"" = "b", } 2
            {a="1","name"} 3
            raw{a="line
            break"} 4
            """
        #expect(
            try Self.samples(page) == [
                "go_gc_duration_seconds{quantile=0} 4.9351e-05",
                "go_gc_duration_seconds{quantile=0.25} 7.424100000000001e-05",
                "go_gc_duration_seconds{quantile=0.9,a=b} 8.3835e-05", "wind_speed{A=2,c=3} 12345.0",
                "go_gc_duration_seconds{quantile=1.0,a=b} 8.3835e-05",
                "go_gc_duration_seconds{quantile=2.0,a=b} 8.3835e-05", "some:aggregate:rate5m{a_b=c} 1.0",
                "go_goroutines{} 33.0@123123", "testmetric{label=\"bar\",x=\\n\n\\x} 1.0",
                "go.gc{quantile=1.0,a b\n\"=b} 2.0", "name{a=1} 3.0", "raw{a=line\nbreak} 4.0",
            ]
        )
    }

    @Test func commentsKeepTheirText() throws {
        var seen: [String] = []
        try TextParser.forEach(
            in: Array("# HELP a b\\\\c\\nd\\x\n# TYPE \"a.b\" untyped\n# plain\n#x\n# TYPE\n# HELP c   \n".utf8)
        ) {
            switch $0 {
            case .help(let name, let text): seen.append("help \(name): \(text)")
            case .type(let name, let kind): seen.append("type \(name): \(kind)")
            case .comment(let text): seen.append("comment \(String(decoding: text, as: UTF8.self))")
            case .sample: seen.append("sample")
            }
        }
        #expect(
            seen == [
                "help a: b\\c\nd\\x", "type a.b: unknown", "comment # plain", "comment #x", "comment # TYPE",
                "help c: ",
            ]
        )
    }

    @Test func whatWasWrittenCanBePassedOn() throws {
        var parser = TextParser(Array("x { b = \"1\" , a=\"2\" }   +1.50E3 7\n{\"y\"}1".utf8))
        guard case .sample(let first)? = try parser.next(), case .sample(let second)? = try parser.next() else {
            Issue.record("there should be two samples")
            return
        }
        #expect(String(decoding: first.seriesText, as: UTF8.self) == "x { b = \"1\" , a=\"2\" }")
        #expect(String(decoding: first.valueText, as: UTF8.self) == "+1.50E3")
        #expect(first.value == 1500)
        #expect(first.labelCount == 2)
        #expect(String(decoding: second.seriesText, as: UTF8.self) == "{\"y\"}")
        #expect(second.labels.isEmpty)
    }

    @Test(arguments: [
        ("0", 0.0), ("+1", 1), ("-1", -1), (".5", 0.5), ("5.", 5), ("1e5", 1e5), ("1E+5", 1e5), ("1e-5", 1e-5),
        ("1e22", 1e22), ("1e23", 1e23), ("123456789012345678901234567890", 1.2345678901234568e29), ("1e-400", 0),
        ("4.9e-324", .leastNonzeroMagnitude), ("inf", .infinity), ("+Inf", .infinity), ("-INFINITY", -.infinity),
        ("infinity", .infinity),
        ("0e999", 0), ("0.000000000000000000000000000001", 1e-30), ("9007199254740993", 9_007_199_254_740_992),
        ("1.7976931348623157e308", .greatestFiniteMagnitude),
    ])
    func numbersAreReadAsGoDoes(text: String, expected: Double) throws {
        #expect(try FloatText.parse(Array(text.utf8)[...]) == expected)
    }

    @Test(arguments: ["nan", "NaN", "NAN"])
    func notANumberIsRead(text: String) throws {
        #expect(try FloatText.parse(Array(text.utf8)[...]).isNaN)
    }

    @Test(arguments: [
        "+nan", "1e", "1e+", ".", "+", "e5", "1.2.3", "1 2", "0x10", "infin", "--1", "1,5", "1\r", "١", "true",
    ])
    func whatIsNoNumberIsRefused(text: String) {
        #expect(throws: FloatText.Failure.syntax) { try FloatText.parse(Array(text.utf8)[...]) }
    }

    @Test(arguments: [
        ("a 1e400\n", 1, "strconv.ParseFloat: parsing \"1e400\": value out of range while parsing: \"a 1e400\""),
        (
            "\n\na 1 99999999999999999999\n", 3,
            "strconv.ParseInt: parsing \"99999999999999999999\": value out of range while parsing: \"a 1 99999999999999999999\""
        ),
        ("ok 1\na 1 -5\n", 2, "expected timestamp or new record, got \"-\" (\"INVALID\") while parsing: \"a 1 -\""),
        ("# TYPE a sum\n", 1, "invalid metric type \"sum\""),
        ("a 1\r\n", 1, "strconv.ParseFloat: parsing \"1\\r\": invalid syntax while parsing: \"a 1\\r\""),
        ("{\"a\",\"b\"} 1\n", 1, "metric name already set while parsing: \"{\\\"a\\\",\\\"b\\\"}\""),
        ("a{\"b\"} 1\n", 1, "metric name already set while parsing: \"a{\\\"b\\\"}\""),
        ("ü 1\n", 1, "expected a valid start token, got \"\\xc3\" (\"INVALID\") while parsing: \"\\xc3\""),
    ])
    func errorsNameTheLine(page: String, line: Int, message: String) {
        #expect(Self.error(Array(page.utf8)) == TextParseError(line: line, message: message))
    }

    @Test func errorsOfHugeTokensAreShort() throws {
        let page = Array(("a{b=\"" + String(repeating: "x", count: 1_000_000)).utf8)
        #expect(try #require(Self.error(page)).message.utf8.count < 1500)
    }

    @Test func familiesArePutTogether() throws {
        let page = """
            # TYPE h histogram
            # HELP h Histogram.
            h_bucket{a="1",le="0.5"} 1
            h_bucket{a="1",le="+Inf"} 3
            h_sum{a="1"} 2.5
            h_count{a="1"} 3
            h_bucket{a="2",le="+Inf"} 4
            h{a="3"} 9
            # TYPE s summary
            s{quantile="0.9"} 2
            s_sum 3
            s_count 4
            # TYPE c_total counter
            c_total 5 17
            plain_sum 6
            # TYPE unused gauge
            """
        let families = try TextParser.families(in: Array(page.utf8))
        #expect(families.map(\.name) == ["h", "h", "s", "c_total", "plain_sum"])
        #expect(families.map(\.kind) == [.histogram, .unknown, .summary, .counter, .unknown])
        #expect(families[0].help == "Histogram.")
        let buckets = [
            HistogramValue.Bucket(upperBound: 0.5, cumulativeCount: 1),
            .init(upperBound: .infinity, cumulativeCount: 3),
        ]
        #expect(families[0].metrics[0].value == .histogram(HistogramValue(buckets: buckets, sum: 2.5, count: 3)))
        guard case .histogram(let second) = families[0].metrics[1].value else {
            Issue.record("the second should be a histogram, too")
            return
        }
        #expect(second.count == 4)
        #expect(second.sum.isNaN)
        let quantiles = [SummaryValue.Quantile(quantile: 0.9, value: 2)]
        #expect(families[2].metrics == [Metric(value: .summary(SummaryValue(quantiles: quantiles, sum: 3, count: 4)))])
        #expect(families[3].metrics == [Metric(5, timestamp: 17)])
    }

    @Test func aLabelNameTwiceIsRefused() {
        #expect(throws: TextParseError.self) { try TextParser.families(in: Array("a{b=\"1\",b=\"2\"} 1".utf8)) }
    }

    @Test func anyBytesAreSurvived() {
        var random = SeededGenerator(seed: 7)
        let pieces: [[UInt8]] =
            [
                "# HELP ", "# TYPE ", "#", "{", "}", "\"", "\\", ",", "=", " ", "\t", "\n", "a", "a_b:c", "1", "-", "e",
                ".5", "NaN",
                "+Inf", "\0", "\u{1F600}", "counter", "histogram", "_bucket", "le=\"", "\r",
            ].map { Array($0.utf8) } + [[0xFF], [0xC3], [0xED, 0xA0, 0x80]]
        var taken = 0
        for _ in 0..<30_000 {
            var page: [UInt8] = []
            for _ in 0..<Int.random(in: 0..<30, using: &random) {
                page += pieces[Int.random(in: 0..<pieces.count, using: &random)]
            }
            if Self.error(page) == nil { taken += 1 }
            _ = try? TextParser.families(in: page)
        }
        #expect(taken > 100)
        #expect(taken < 29_900)
    }
}
