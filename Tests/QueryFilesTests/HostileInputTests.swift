import Exposition
import QueryFiles
import Settings
import TestSupport
import Testing

@Suite struct HostileInputTests {
    private static let words = [
        "queries", "named", "name", "query", "query_ref", "metrics", "kind", "gauge", "counter", "info", "histogram",
        "value", "values", "value_label", "labels", "static_labels", "on_null", "usage", "type", "GAUGE", "LABEL",
        "HISTOGRAM", "MAPPEDMETRIC", "DURATION", "metric_mapping", "master", "cache_seconds", "runonserver", "when",
        "version", ">=14", "database", "(a", "[", "]", "{", "}", ":", ": ", ", ", "- ", "\n", "\n  ", "\n    ", "\"",
        "'",
        "|", "&a", "*a", "!!", "null", "~", "99999999999999999999", "-1", "1e999", "\u{0}", "\u{FEFF}", "é", "\t", "#",
        "${x}", "%", "---", "...", "? ", "<<", "name_column", "prefix", "scale", "mapping", "timestamp", "interval",
        "5s",
    ]

    @Test(arguments: 0..<8)
    func randomDocumentsNeverTrap(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed))
        for _ in 0..<400 {
            let text: String
            if Bool.random(using: &random) {
                let count = Int.random(in: 0..<120, using: &random)
                text = (0..<count).map { _ in Self.words.randomElement(using: &random) ?? "" }.joined(
                    separator: Bool.random(using: &random) ? "" : " "
                )
            } else {
                let bytes = (0..<Int.random(in: 0..<300, using: &random)).map { _ in
                    UInt8.random(in: 0...255, using: &random)
                }
                text = String(decoding: bytes, as: UTF8.self)
            }
            let (queries, problems) = parse(text)
            // Random text is no query file: either something was said, or nothing was found.
            #expect(!problems.isEmpty || queries.allSatisfy { !$0.name.isEmpty }, "seed \(seed): \(text)")
        }
    }

    private static let seeds = [
        """
        named: {n: SELECT 1}
        queries:
        - name: q
          query_ref: n
          interval: 1m
          when: {version: ">=14 <17", role: primary, database: "a.*", extension: [x]}
          labels: {l: a}
          static_labels: {k: v}
          metrics:
          - {name: m, kind: gauge, value: b, mapping: {x: 1}, timestamp: t}
          - {name: n_info, kind: info}
          - {name: h, kind: histogram, value: b}
          - {name: v, kind: counter, values: [a, b], value_label: x, scale: 2}
          - {name_column: a, prefix: p_, kind: gauge, value: b, help_column: t}
        """,
        """
        a:
          query: SELECT 1
          cache_seconds: 3
          runonserver: ">=10.0.0"
          metrics:
          - a: {usage: LABEL, description: d}
          - b: {usage: HISTOGRAM}
            t: {usage: DURATION}
        """,
        "a: {query: SELECT 1, metrics: [{a: {type: GAUGE}}, {b: {type: COUNTER}}]}",
    ]

    private static func value(_ random: inout SeededGenerator, _ depth: Int = 0) -> ColumnValue {
        switch Int.random(in: 0..<9, using: &random) {
        case 0: .null
        case 1: .integer(Int64.random(in: .min ... .max, using: &random))
        case 2: .real(Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random)))
        case 3: .bool(Bool.random(using: &random))
        case 4: .timestamp(Double(bitPattern: UInt64.random(in: 0 ... .max, using: &random)))
        case 5 where depth < 2:
            .array((0..<Int.random(in: 0..<5, using: &random)).map { _ in value(&random, depth + 1) })
        case 6: .text(["{1,2}", "[]", "{", "", "5ms", "-1", "nan", "1e999", "x y"].randomElement(using: &random) ?? "")
        default:
            .text(
                String(
                    decoding: (0..<Int.random(in: 0..<20, using: &random)).map { _ in
                        UInt8.random(in: 0...255, using: &random)
                    },
                    as: UTF8.self
                )
            )
        }
    }

    @Test(arguments: 0..<8)
    func damagedFilesAndRandomResultsNeverTrap(_ seed: Int) {
        var random = SeededGenerator(seed: UInt64(seed) + 1_000)
        for _ in 0..<200 {
            var bytes = Array((Self.seeds.randomElement(using: &random) ?? "").utf8)
            for _ in 0..<Int.random(in: 0..<4, using: &random) where !bytes.isEmpty {
                let index = Int.random(in: 0..<bytes.count, using: &random)
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[index] = UInt8.random(in: 0...255, using: &random)
                case 1: bytes.remove(at: index)
                default: bytes.insert(contentsOf: bytes[index...].prefix(20), at: index)
                }
            }
            let (queries, _) = parse(String(decoding: bytes, as: UTF8.self))
            let names = ["a", "b", "t", "b_bucket", "b_sum", "b_count", "x"].shuffled(using: &random)
            let rows = (0..<Int.random(in: 0..<5, using: &random)).map { _ in names.map { _ in Self.value(&random) } }
            let facts = ServerFacts(version: ServerVersion(15), isPrimary: true, database: "ab", extensions: ["x"])
            for query in queries {
                #expect(query.condition.holds(facts) == query.condition.unmet(facts).isEmpty)
                guard let result = try? query.families(from: MemoryTable(columnNames: names, rows: rows)) else {
                    continue
                }
                #expect(result.families.allSatisfy { !$0.metrics.isEmpty && !$0.name.isEmpty })
            }
        }
    }
}
