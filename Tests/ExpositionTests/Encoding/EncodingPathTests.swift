import TestSupport
import Testing

@testable import Exposition

/// Families of plain numbers are written in a quicker way than others, and share what is made of their labels.
struct EncodingPathTests {
    private static let names = ["a", "b", "datname", "é.x", "service", "le"]
    private static let values = ["", "1", "10", "2", "\"q\"\\\n", "orders", "ordérs", "a longer value of a label"]

    private static func labels(_ random: inout SeededGenerator, _ names: ArraySlice<String>) -> LabelSet {
        LabelSet(names.map { Label($0, values.randomElement(using: &random) ?? "") })
    }

    private static func number(_ random: inout SeededGenerator) -> Double {
        switch UInt8.random(in: 0..<5, using: &random) {
        case 0: 0
        case 1: Double(Int64.random(in: -1_000_000_000...1_000_000_000, using: &random))
        case 2: Double(bitPattern: random.next())
        case 3: Double.random(in: 0...1, using: &random)
        default: Double(Int64.random(in: 0...99_999, using: &random)) / 100
        }
    }

    /// A few families: some share label sets, some hold duplicates, other label names, wrong values or timestamps.
    private static func families(_ random: inout SeededGenerator) -> [MetricFamily] {
        let shared = (0..<Int.random(in: 1...6, using: &random)).map { _ in labels(&random, names[1..<3]) }
        return (0..<4).map { family in
            let isShared = Bool.random(using: &random)
            var metrics = (0..<(isShared ? shared.count : Int.random(in: 1...6, using: &random))).map { index in
                let count = Int.random(in: 0...3, using: &random)
                return Metric(labels: isShared ? shared[index] : labels(&random, names[..<count]), number(&random))
            }
            switch UInt8.random(in: 0..<8, using: &random) {
            case 0: metrics[0].timestamp = Int64.random(in: -1...5, using: &random)
            case 1: metrics[0].labels["__bad"] = "x"
            case 2: metrics[0].value = .summary(SummaryValue(quantiles: [], sum: 1, count: 1))
            case 3: metrics.append(metrics[0])
            default: break
            }
            let kind = [MetricKind.gauge, .counter, .unknown, .info][family]
            return MetricFamily(name: ["x", "x.y", "z_total", "z_info"][family], kind: kind, metrics: metrics)
        }
    }

    /// The same with each family in two pieces, so that all are written in the general way.
    private static func cut(_ families: [MetricFamily]) -> [MetricFamily] {
        families.flatMap { family in
            let middle = family.metrics.count / 2
            var pieces = [family, family]
            pieces[0].metrics = Array(family.metrics[..<middle])
            pieces[1].metrics = Array(family.metrics[middle...])
            // A piece without samples would be passed over.
            if middle == 0 {
                pieces[0].metrics = [Metric(labels: ["__none": "1"], 1)]
            }
            return pieces
        }
    }

    @Test func theQuickWayWritesWhatTheGeneralOneDoes() {
        var random = SeededGenerator(seed: 3)
        let encoder = SnapshotEncoder(labels: ["service": "s", "host": "1.2.3.4"])
        for round in 0..<3_000 {
            let families = Self.families(&random)
            let quick = encoder.encode(families)
            let general = encoder.encode(Self.cut(families))
            if text(quick) != text(general) { Issue.record("round \(round): \(text(quick))\nis not\n\(text(general))") }
            #expect(quick.sampleCount == general.sampleCount)
            let added = general.problems.filter { $0.detail.contains("__none") }
            #expect(
                Set(quick.problems.map(\.reason)).isSuperset(
                    of: Set(general.problems.map(\.reason)).subtracting(added.map(\.reason))
                )
            )
            for (left, right) in zip(quick.families, general.families) {
                #expect(left.sampleCount == right.sampleCount)
                #expect(
                    left.body(for: ExpositionFormat(syntax: .text004, escaping: .underscores))
                        == right.body(for: ExpositionFormat(syntax: .text004, escaping: .underscores))
                )
            }
        }
    }

    @Test func partsAreEncodedEachOnItsOwnUnderOneLimit() {
        let encoder = SnapshotEncoder(labels: ["service": "s"], sampleLimit: 5)
        let parts = (0..<3).map { part in
            [gauge("x", Metric(labels: ["a": "2"], Double(part)), Metric(labels: ["a": "1"], 7)), gauge("", Metric(1))]
        }
        let snapshots = encoder.encode(parts: parts)
        #expect(
            snapshots.map { text($0) } == [
                "x{a=\"1\",service=\"s\"} 7\nx{a=\"2\",service=\"s\"} 0\n",
                "x{a=\"1\",service=\"s\"} 7\nx{a=\"2\",service=\"s\"} 1\n",
                "x{a=\"2\",service=\"s\"} 2\n",
            ]
        )
        #expect(snapshots.map(\.sampleCount) == [2, 2, 1])
        #expect(
            snapshots.map { $0.problems.map(\.reason) } == [
                [.illegalName], [.illegalName], [.illegalName, .limitExceeded],
            ]
        )
        #expect(encoder.encode(parts: []).isEmpty)
    }

    @Test func familiesThatShareLabelSetsKeepTheirOwnValues() {
        let sets: [LabelSet] = [["db": "b", "user": ""], ["db": "a", "user": "x"], ["db": "a", "user": ""]]
        let families = (0..<3).map { family in
            MetricFamily(
                name: "f\(family)",
                kind: .gauge,
                metrics: sets.enumerated().map { Metric(labels: $1, Double(family * 10 + $0)) }
            )
        }
        #expect(
            text(encode(families)) == """
                f0{db="a",user=""} 2
                f0{db="a",user="x"} 1
                f0{db="b",user=""} 0
                f1{db="a",user=""} 12
                f1{db="a",user="x"} 11
                f1{db="b",user=""} 10
                f2{db="a",user=""} 22
                f2{db="a",user="x"} 21
                f2{db="b",user=""} 20

                """
        )
    }

    @Test func anEmptyLabelMeansNoneAlsoBetweenDifferentLists() {
        let snapshot = encode([
            gauge(
                "x",
                Metric(labels: ["a": "1", "b": ""], 1),
                Metric(labels: ["a": "1"], 2),
                Metric(labels: ["b": ""], 3)
            )
        ])
        #expect(snapshot.sampleCount == 2)
        #expect(snapshot.problems.map(\.reason) == [.duplicateSeries])
    }
}
