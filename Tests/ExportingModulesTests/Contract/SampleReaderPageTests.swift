import Exposition
import TestSupport
import Testing

@testable import ExportingModules

/// The samples are those of a page, whatever was collected.
struct SampleReaderPageTests {
    @Test(arguments: UInt64(0)..<40)
    func samplesAreTheLinesOfThePage(seed: UInt64) {
        for round in 0..<10 {
            var random = SeededGenerator(seed: seed * 100 + UInt64(round))
            let labels = Self.labels(&random)
            let families = (0..<Int.random(in: 0...6, using: &random)).map { _ in Self.family(&random) }
            let limit = Int.random(in: 20...200, using: &random)
            let reading = SampleReader(labels: labels, sampleLimit: limit).read(families, time: 99)
            let snapshot = SnapshotEncoder(labels: labels, sampleLimit: limit).encode(families)
            // Which samples are beyond the limit depends on the order of the families.
            if snapshot.problems.contains(where: { $0.reason == .limitExceeded }) { continue }
            let page = Self.lines(of: snapshot)
            let samples = reading.samples.map(Self.line).sorted()
            #expect(samples == page, "seed \(seed), round \(round)")
            let dropped = snapshot.problems.reduce(0) { $0 + $1.count }
            #expect(reading.droppedCount == dropped, "seed \(seed), round \(round)")
        }
    }

    private static let names = ["x", "x_count", "x_sum", "x_bucket", "y", "y_total", "z_info", ""]
    private static let labelNames = ["a", "b", "le", "quantile", "env", "exported_env", "__hidden", ""]
    private static let texts = ["", "1", "2", "a b", "é"]

    private static func labels(_ random: inout SeededGenerator) -> LabelSet {
        let names = labelNames.shuffled(using: &random).prefix(Int.random(in: 0...3, using: &random))
        return LabelSet(names.map { Label($0, texts.randomElement(using: &random) ?? "") })
    }

    private static func family(_ random: inout SeededGenerator) -> MetricFamily {
        let kind = MetricKind.allCases.randomElement(using: &random) ?? .gauge
        let metrics = (0..<Int.random(in: 0...5, using: &random)).map { _ in
            Metric(
                labels: labels(&random),
                value: value(kind, &random),
                timestamp: [nil, nil, nil, -1, 0, 5].randomElement(using: &random) ?? nil
            )
        }
        return MetricFamily(name: names.randomElement(using: &random) ?? "", kind: kind, metrics: metrics)
    }

    private static func value(_ kind: MetricKind, _ random: inout SeededGenerator) -> MetricValue {
        let isOdd = Int.random(in: 0..<10, using: &random) == 0
        switch (kind, isOdd) {
        case (.histogram, false), (.gauge, true):
            let bounds = [0.005, 1, 1e6, .infinity].prefix(Int.random(in: 0...4, using: &random))
            let buckets = bounds.map { bound in
                let count = Double(Int.random(in: 0...2, using: &random)) + (bound > 1 ? 2 : 0)
                return HistogramValue.Bucket(upperBound: bound, cumulativeCount: count)
            }
            return .histogram(HistogramValue(buckets: buckets, sum: 3.5, count: 5))
        case (.summary, false):
            let quantiles = [0.5, 0.99, 1.5, 0.5].prefix(Int.random(in: 0...4, using: &random))
            return .summary(SummaryValue(quantiles: quantiles.map { .init(quantile: $0, value: 1) }, sum: 1, count: 2))
        case (.info, false): return .number(1)
        default: return .number([0, 1, 2.5, .infinity, 1e300].randomElement(using: &random) ?? 0)
        }
    }

    private static func line(_ sample: Sample) -> String {
        let labels = sample.labels.labels.map { "\($0.name)=\($0.value)" }
        return "\(sample.name) \(labels) \(sample.value) \(sample.timestamp)"
    }

    /// What a page of the snapshot holds, in the layout of ``line(_:)``.
    private static func lines(of snapshot: EncodedSnapshot) -> [String] {
        var text = ""
        let section = PageSection(id: "a", labels: [:], families: snapshot.families)
        let format = ExpositionFormat.negotiate(accept: nil)
        _ = PageBuilder(format: format).write([section]) { text += String(decoding: $0, as: UTF8.self) }
        return text.split(separator: "\n").filter { !$0.hasPrefix("#") }.map { line in
            let end =
                line.lastIndex(of: "}") ?? line.firstIndex(of: " ").map { line.index(before: $0) } ?? line.startIndex
            let numbers = line[line.index(after: end)...].split(separator: " ")
            let head = line[...end]
            let brace = head.firstIndex(of: "{") ?? head.endIndex
            let labels = head[brace...].dropFirst().dropLast().split(separator: ",").map { pair in
                pair.replacing("\"", with: "")
            }
            let kept = labels.filter { !$0.hasSuffix("=") }.sorted()
            let value = Double(numbers[0].replacing("+Inf", with: "inf")) ?? .nan
            return "\(head[..<brace]) \(kept) \(value) \(numbers.count > 1 ? numbers[1] : "99")"
        }.sorted()
    }
}
