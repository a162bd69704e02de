import Exposition
import TestSupport
import Testing

@testable import QueryFiles

struct QueryMapperTests {
    private static let file = """
        queries:
        - name: q
          query: SELECT 1
          metrics:
          - {name: m_a, kind: gauge, value: v, labels: {one: a, two: b}, static_labels: {fixed: f}}
          - {name: m_b, kind: counter, value: w, labels: {one: a, two: b}, static_labels: {fixed: f}, on_null: zero}
          - {name: m_c, kind: gauge, values: [v, w], value_label: which, labels: {one: a}}
          - {name: m_d, kind: gauge, value: v}
          - {name_column: a, prefix: m_, kind: gauge, value: v}
        """

    private static func query(_ text: String = file) throws -> QueryDefinition {
        let (queries, problems) = parse(text)
        #expect(problems == [])
        return try #require(queries.first)
    }

    private static let labels: [ColumnValue] = [
        .null, .text(""), .text("x"), .text("\u{E9}"), .text("e\u{301}"), .integer(0), .integer(-17), .real(1.5),
        .bool(true), .text("true"), .timestamp(1e9), .array([.integer(1), .null]), .text("{1,}"),
        .text("a longer text that is kept on the heap"),
    ]
    private static let numbers: [ColumnValue] = [
        .null, .integer(7), .real(.nan), .real(0.1), .text("12"), .text("none"), .bool(false),
    ]

    /// Rows that are partly those of the last result.
    private static func rows(_ last: [[ColumnValue]], _ random: inout SeededGenerator) -> [[ColumnValue]] {
        var rows = last
        for _ in 0..<Int.random(in: 0..<3, using: &random) where !rows.isEmpty {
            rows.remove(at: Int.random(in: 0..<rows.count, using: &random))
        }
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
            let row = (0..<4).map { _ in ColumnValue.null }
            rows.insert(row, at: Int.random(in: 0...rows.count, using: &random))
        }
        for index in rows.indices {
            for column in 0..<2 where rows[index][column] == .null || Int.random(in: 0..<10, using: &random) == 0 {
                rows[index][column] = labels.randomElement(using: &random) ?? .null
            }
            for column in 2..<4 { rows[index][column] = numbers.randomElement(using: &random) ?? .null }
        }
        return rows
    }

    @Test func everyResultIsReadAsIfItWereTheFirst() throws {
        var random = SeededGenerator(seed: 5)
        let query = try Self.query()
        let mapper = QueryMapper(query)
        var rows: [[ColumnValue]] = []
        for _ in 0..<1_000 {
            rows = Self.rows(rows, &random)
            let names = Bool.random(using: &random) ? ["a", "b", "v", "w"] : ["b", "a", "v", "w"]
            let table = MemoryTable(columnNames: names, rows: rows)
            let (result, fresh) = (try mapper.families(from: table), try query.families(from: table))
            #expect(result.problems == fresh.problems)
            let (found, expected) = (lines(result), lines(fresh))
            // By bytes: two ways to write é are two labels.
            if !found.elementsEqual(expected, by: { $0.utf8.elementsEqual($1.utf8) }) {
                Issue.record("\(found) is not \(expected)")
            }
        }
    }

    @Test func aResultThatLacksAColumnIsAnErrorAndTheNextOneIsReadAgain() throws {
        let mapper = QueryMapper(try Self.query())
        let good = MemoryTable(
            columnNames: ["a", "b", "v", "w"],
            rows: [[.text("x"), .text("y"), .integer(1), .integer(2)]]
        )
        let first = try mapper.families(from: good)
        #expect(throws: QueryMappingError.self) {
            try mapper.families(from: MemoryTable(columnNames: ["a", "b", "v"]))
        }
        #expect(try mapper.families(from: good) == first)
        #expect(first.families.map(\.name) == ["m_a", "m_b", "m_c", "m_d", "m_x"])
    }

    @Test func unchangedRowsKeepTheLabelSetsThatTheyHad() throws {
        let mapper = QueryMapper(try Self.query())
        func table(_ number: Int64, _ name: String) -> MemoryTable {
            MemoryTable(
                columnNames: ["a", "b", "v", "w"],
                rows: [
                    [.text("first"), .null, .integer(number), .integer(2)],
                    [.text(name), .null, .integer(number), .integer(2)],
                ]
            )
        }
        func addresses(_ result: QueryResult) -> [UnsafePointer<Label>?] {
            result.families[0].metrics.map { $0.labels.labels.withUnsafeBufferPointer { $0.baseAddress } }
        }
        let first = try mapper.families(from: table(1, "second"))
        let second = try mapper.families(from: table(2, "other"))
        #expect(addresses(first)[0] == addresses(second)[0])
        #expect(second.families[0].metrics.map { $0.labels["one"] } == ["first", "other"])
        #expect(first.families[0].metrics.map { $0.labels["one"] } == ["first", "second"])
    }

    @Test func labelSetsOfManyRowsAreNotKept() throws {
        let query = try Self.query()
        let binding = try QueryBinding(query, columnNames: ["a", "b", "v", "w"])
        let rows = (0..<RowLabels.limit + 1).map { [ColumnValue.integer(Int64($0)), .null, .integer(1), .null] }
        var labels = RowLabels()
        for count in [rows.count, 10] {
            let table = MemoryTable(columnNames: binding.columnNames, rows: Array(rows.prefix(count)))
            #expect(binding.families(from: table, &labels) == binding.families(from: table))
        }
    }
}
