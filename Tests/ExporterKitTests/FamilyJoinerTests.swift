import Exposition
import TestSupport
import Testing

@testable import ExporterKit

struct FamilyJoinerTests {
    private func encoded(_ families: [MetricFamily]) -> [EncodedFamily] {
        SnapshotEncoder(labels: ["service": "s"]).encode(families).families
    }

    private func join(_ lists: [[EncodedFamily]]) -> FamilyJoiner {
        var order: [Int32] = []
        return FamilyJoiner(lists, order: &order)
    }

    private func histogram(_ bounds: [Double], labels: LabelSet = [:]) -> MetricFamily {
        let buckets = bounds.map { HistogramValue.Bucket(upperBound: $0, cumulativeCount: 1) }
        let value = HistogramValue(buckets: buckets, sum: 1, count: 1)
        return MetricFamily(name: "h", kind: .histogram, metrics: [Metric(labels: labels, value: .histogram(value))])
    }

    @Test func oneListIsHandedOnAsItIs() {
        let list = encoded([MetricFamily(name: "a", kind: .gauge, metrics: [Metric(1)])])
        let joiner = join([[], list, []])
        #expect(joiner.families.map { ObjectIdentifier($0) } == list.map { ObjectIdentifier($0) })
        #expect(join([]).families.isEmpty)
    }

    @Test func histogramWithTheSameLabelsIsDroppedWholeWhateverItsBuckets() throws {
        let joiner = join([
            encoded([histogram([1, 2])]),
            encoded([histogram([5, 6, 7])]),
            encoded([histogram([5], labels: ["a": "b"])]),
        ])
        let family = try #require(joiner.families.first)
        let text = String(decoding: family.body, as: UTF8.self)
        #expect(!text.contains(#"le="6""#))
        #expect(text.contains(#"h_bucket{a="b",service="s",le="5"} 1"#))
        #expect(family.sampleCount == 5 + 4)
        #expect(joiner.problems.map(\.count) == [6])
    }

    @Test func summaryWithTheSameLabelsIsDroppedWhole() throws {
        let summary = { (quantile: Double) in
            let value = SummaryValue(quantiles: [.init(quantile: quantile, value: 1)], sum: 1, count: 1)
            return MetricFamily(name: "s", kind: .summary, metrics: [Metric(value: .summary(value))])
        }
        let joiner = join([encoded([summary(0.5)]), encoded([summary(0.9)])])
        #expect(joiner.families.first?.sampleCount == 3)
        #expect(joiner.problems.map(\.count) == [3])
    }

    @Test func valuesThatLookLikeSyntaxDoNotConfuse() throws {
        let values = [#"a"b"#, #"a\"#, "a,b=\"c\"", "} 1", "a b", "\n", #"\""#, #"=""#, ""]
        let metrics = values.map { Metric(labels: ["l": $0, "z": "1"], 1) }
        let list = encoded([MetricFamily(name: "x", kind: .gauge, metrics: metrics)])
        let again = encoded([MetricFamily(name: "x", kind: .gauge, metrics: metrics.reversed())])
        let joiner = join([list, again])
        #expect(joiner.families.first?.body == list.first?.body)
        #expect(joiner.problems.map(\.count) == [values.count])
    }

    @Test func namesThatNeedQuotesAreRead() throws {
        let family = { (value: String) in
            MetricFamily(name: "my \"odd\", = name", kind: .gauge, metrics: [Metric(labels: ["la bel": value], 1)])
        }
        let joiner = join([encoded([family("1")]), encoded([family("2")]), encoded([family("1")])])
        #expect(joiner.families.map(\.sampleCount) == [2])
        #expect(joiner.problems.map(\.count) == [1])
    }

    @Test func emptyLabelsAreNoLabels() throws {
        let with = encoded([MetricFamily(name: "x", kind: .gauge, metrics: [Metric(labels: ["a": ""], 1)])])
        let without = encoded([MetricFamily(name: "x", kind: .gauge, metrics: [Metric(1)])])
        #expect(join([with, without]).families.map(\.sampleCount) == [1])
    }

    @Test func sameSeriesAtAnotherTimeIsAnother() throws {
        let family = { (time: Int64) in
            encoded([MetricFamily(name: "x", kind: .gauge, metrics: [Metric(1, timestamp: time)])])
        }
        #expect(join([family(1), family(2), family(1)]).families.map(\.sampleCount) == [2])
    }

    @Test func anyBytesCanBeRead() {
        var random = SeededGenerator(seed: 7)
        let alphabet = Array("{}\"\\,= a1\n".utf8)
        var longest = 0
        for _ in 0..<20_000 {
            let length = Int.random(in: 0..<20, using: &random)
            let line = (0..<length).map { _ in alphabet[Int.random(in: 0..<alphabet.count, using: &random)] }
            let key = SeriesText.key(of: line[...], numbering: "le")
            longest = max(longest, (key?.count ?? 0) - line.count)
        }
        #expect(longest <= 1, "a key is made of the line")
    }

    @Test func resultIsSortedByTheBytesOfTheNames() {
        let names = ["z", "a", "Z", "a_b", "aa", "\u{E9}", "e\u{301}", "A", "_"]
        let lists = names.map { encoded([MetricFamily(name: $0, kind: .gauge, metrics: [Metric(1)])]) }
        let sorted = names.sorted { Array($0.utf8).lexicographicallyPrecedes(Array($1.utf8)) }
        #expect(join(lists).families.map { Array($0.name.utf8) } == sorted.map { Array($0.utf8) })
    }

    @Test func whatTheOrderWasLastDoesNotMatter() {
        var random = SeededGenerator(seed: 11)
        var order: [Int32] = []
        for _ in 0..<2_000 {
            // Mostly the same names in the same lists, now and then others, and some twice.
            let lists = (0..<3).map { list in
                let names = (0..<4).map { "f\($0 * 3 + list)" }.filter { _ in Int.random(in: 0..<12, using: &random) > 0
                }
                let more =
                    Int.random(in: 0..<6, using: &random) == 0 ? ["f\(Int.random(in: 0..<14, using: &random))"] : []
                return encoded(
                    (names + more).map {
                        MetricFamily(name: $0, kind: .gauge, metrics: [Metric(labels: ["l": "\(list)"], 1)])
                    }
                )
            }
            let remembering = FamilyJoiner(lists, order: &order)
            let fresh = join(lists)
            #expect(remembering.families.map(\.name) == fresh.families.map(\.name))
            #expect(remembering.families.map(\.body) == fresh.families.map(\.body))
            #expect(remembering.problems == fresh.problems)
        }
    }
}
