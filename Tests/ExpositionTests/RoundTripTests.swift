import TestSupport
import Testing

@testable import Exposition

/// Random snapshots and pages always parse back, with every sample that was not reported as left out.
struct RoundTripTests {
    private static let words = [
        "a", "b", "le", "quantile", "a.b", "a_b", "a:b", "x y", "ü", "\"", "\\", "\n", "{}", "9", "exported_a", "日本",
        "_",
        "x_count", "x_sum", "x_bucket", "x", "x_total", "up", "e\u{301}", "\u{E9}", "=", ",", "é\"\\\n", "#", "__a", "",
        "a\0",
    ]

    private static func word(_ random: inout SeededGenerator) -> String {
        words[Int.random(in: 0..<words.count, using: &random)]
    }

    private static func labels(_ random: inout SeededGenerator, upTo count: Int) -> LabelSet {
        LabelSet((0..<Int.random(in: 0...count, using: &random)).map { _ in Label(word(&random), word(&random)) })
    }

    private static func number(_ random: inout SeededGenerator) -> Double {
        [0, 1, -1, 0.1, 1e6, 123_456_789, .nan, .infinity, 1e-9, 2.5][Int.random(in: 0..<10, using: &random)]
    }

    private static func metric(_ kind: MetricKind, _ random: inout SeededGenerator) -> Metric {
        let count = Double(Int.random(in: 0...2_000_000, using: &random))
        let value: MetricValue =
            switch kind {
            case .histogram:
                .histogram(HistogramValue(buckets: [.init(upperBound: 1, cumulativeCount: 0)], sum: 1, count: count))
            case .summary: .summary(SummaryValue(quantiles: [.init(quantile: 0.5, value: 2)], sum: 1, count: count))
            case .info: .number(1)
            case .counter, .gauge, .unknown: .number(number(&random))
            }
        let timestamp = Int.random(in: 0..<5, using: &random) == 0 ? Int64.random(in: -1...3, using: &random) : nil
        return Metric(labels: labels(&random, upTo: 4), value: value, timestamp: timestamp)
    }

    private static func families(_ random: inout SeededGenerator) -> [MetricFamily] {
        (0..<Int.random(in: 0..<8, using: &random)).map { _ in
            let kind = MetricKind.allCases[Int.random(in: 0..<MetricKind.allCases.count, using: &random)]
            let metrics = (0..<Int.random(in: 0..<6, using: &random)).map { _ in metric(kind, &random) }
            let help = Int.random(in: 0..<2, using: &random) == 0 ? "" : "Help" + word(&random)
            return MetricFamily(name: word(&random), kind: kind, help: help, metrics: metrics)
        }
    }

    private static func lines(_ families: [MetricFamily]) -> Int {
        families.reduce(0) { sum, family in
            let lines =
                switch family.kind {
                case .histogram: 4
                case .summary: 3
                case .counter, .gauge, .info, .unknown: 1
                }
            return sum + lines * family.metrics.count
        }
    }

    /// Parses a page and checks that no series is there twice and that each family is in one piece.
    private static func check(_ page: String, seed: UInt64) throws -> Int {
        var types: [ExactName: MetricKind] = [:]
        var current: (name: String, kind: MetricKind)?
        var seen: Set<String> = []
        var count = 0
        try TextParser.forEach(in: Array(page.utf8)) { event in
            switch event {
            case .help(let name, _):
                #expect(types[ExactName(name)] == nil, "seed \(seed): help of \(name) within its family")
            case .comment: Issue.record("seed \(seed): a comment")
            case .type(let name, let kind):
                #expect(types.updateValue(kind, forKey: ExactName(name)) == nil, "seed \(seed): \(name) has two types")
                current = (name, kind)
            case .sample(let sample):
                count += 1
                let family = try #require(current)
                let suffixes = [""] + SuffixCollision.suffixes(of: family.kind)
                #expect(
                    suffixes.contains { family.name + $0 == sample.name },
                    "seed \(seed): \(sample.name) out of place"
                )
                let labels = LabelSet(sample.labels)
                #expect(labels.count == sample.labelCount, "seed \(seed): a label twice in \(sample.name)")
                let kept = labels.labels.filter { !$0.value.isEmpty }.map {
                    Array($0.name.utf8) + [0] + Array($0.value.utf8)
                }
                let key = "\(Array(sample.name.utf8)) \(kept) \(sample.timestamp ?? -1)"
                #expect(seen.insert(key).inserted, "seed \(seed): \(key) is there twice")
            }
        }
        return count
    }

    @Test func pagesAlwaysParseBack() throws {
        for seed in 0..<800 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            var collected = 0
            var dropped = 0
            let sections = (0..<Int.random(in: 1...5, using: &random)).map { number in
                let labels = Self.labels(&random, upTo: 3)
                let families = Self.families(&random)
                let snapshot = encode(families, labels: labels)
                collected += Self.lines(families)
                dropped += snapshot.problems.reduce(0) { $0 + $1.count }
                #expect(snapshot.sampleCount == snapshot.families.reduce(0) { $0 + $1.sampleCount })
                return PageSection(id: "s\(number)", labels: labels, families: snapshot.families)
            }
            for scheme in EscapingScheme.allCases {
                let result = page(sections, ExpositionFormat(syntax: .text004, escaping: scheme))
                let count = try Self.check(result.text, seed: seed)
                let left = result.report.problems.reduce(0) { $0 + $1.count }
                #expect(count == result.report.samples, "seed \(seed), \(scheme)")
                #expect(count + left + dropped == collected, "seed \(seed), \(scheme): \(result.report.problems)")
                #expect(result.report.bytes == result.text.utf8.count)
            }
        }
    }

    @Test func familiesReadBackAsTheyWere() throws {
        for seed in 0..<500 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let snapshot = encode(Self.families(&random))
            let sections = [PageSection(id: "s", labels: [:], families: snapshot.families)]
            let first = page(sections).text
            let families = try TextParser.families(in: Array(first.utf8))
            let again = encode(families)
            #expect(again.problems.isEmpty, "seed \(seed)")
            #expect(page([PageSection(id: "s", labels: [:], families: again.families)]).text == first, "seed \(seed)")
        }
    }

    /// An OpenMetrics page holds the same samples in the same order, and every number reads back as the same.
    @Test func openMetricsHoldsTheSameSamples() throws {
        for seed in 0..<300 as Range<UInt64> {
            var random = SeededGenerator(seed: seed)
            let snapshot = encode(Self.families(&random), labels: ["service": "s"])
            for family in snapshot.families {
                let canonical = String(decoding: family.body, as: UTF8.self).split(separator: "\n")
                let openMetrics = String(decoding: family.body(for: .openMetrics), as: UTF8.self).split(separator: "\n")
                #expect(canonical.count == openMetrics.count, "seed \(seed)")
                for (left, right) in zip(canonical, openMetrics) {
                    var line = SampleLine()
                    for text in [left, right] {
                        let isWhole = Array(text.utf8).withUnsafeBufferPointer { line.parse($0, 0..<$0.count) }
                        #expect(isWhole, "seed \(seed): \(text)")
                    }
                }
            }
        }
    }
}
