import Exposition
import QueryFiles
import Settings
import Testing

@Suite struct RowMappingTests {
    private func query(_ metric: String, labels: String = "[]") throws -> QueryDefinition {
        let (queries, problems) = parse(
            "queries:\n- {name: q, query: SELECT 1, labels: \(labels), metrics: [\(metric)]}"
        )
        #expect(problems == [])
        return try #require(queries.first)
    }

    @Test(
        arguments: [
            (.integer(.max), 9.223372036854775807e18), (.integer(-3), -3), (.real(0.5), 0.5), (.bool(true), 1),
            (.bool(false), 0), (.timestamp(1_700_000_000.5), 1_700_000_000.5), (.text("12.5e3"), 12500),
            (.text("-0"), 0), (.text("Infinity"), .infinity), (.text("-inf"), -.infinity),
            (.text("123456789012345678901234567890.5"), 1.2345678901234568e29), (.real(.infinity), .infinity),
        ] as [(ColumnValue, Double)]
    )
    func everyNumericTypeBecomesANumber(_ value: ColumnValue, _ expected: Double) throws {
        let result = try query("{name: m, kind: gauge, value: v}").families(
            from: MemoryTable(columnNames: ["v"], rows: [[value]])
        )
        #expect(result.families.first?.metrics.map(\.value) == [.number(expected)])
        #expect(result.problems == [])
    }

    @Test(
        arguments: [
            (.text("12 apples"), "expected a number, found the text \"12 apples\""),
            (.text(""), "expected a number, found the text \"\""),
            (.text(" 1"), "expected a number, found the text \" 1\""),
            (.array([.integer(1)]), "expected a number, found an array"),
            (
                .text(String(repeating: "x", count: 100)),
                "expected a number, found the text \"\(String(repeating: "x", count: 40))...\""
            ),
        ] as [(ColumnValue, String)]
    )
    func valuesThatAreNoNumbersAreLeftOutAndNamed(_ value: ColumnValue, _ expected: String) throws {
        let table = MemoryTable(columnNames: ["v"], rows: [[value], [.integer(1)], [value]])
        let result = try query("{name: m, kind: gauge, value: v}").families(from: table)
        #expect(lines(result) == ["m 1.0"])
        #expect(
            result.problems == [
                SampleProblem(reason: .wrongValue, family: "m", detail: "column \"v\": \(expected)", count: 2)
            ]
        )
    }

    @Test(
        arguments: [
            (.null, ""), (.integer(-7), "-7"), (.real(3), "3"), (.real(0.25), "0.25"), (.real(1e300), "1e+300"),
            (.bool(true), "true"), (.text("a\"\\\n\u{0}é"), "a\"\\\n\u{0}é"), (.timestamp(1_700_000_000), "1700000000"),
            (.array([.integer(1), .null, .text("x")]), "{1,,x}"), (.real(.nan), "nan"),
        ] as [(ColumnValue, String)]
    )
    func everyTypeCanBeALabel(_ value: ColumnValue, _ expected: String) throws {
        let table = MemoryTable(columnNames: ["l", "v"], rows: [[value, .integer(1)]])
        let result = try query("{name: m, kind: gauge, value: v}", labels: "[l]").families(from: table)
        #expect(result.families.first?.metrics.first?.labels["l"] == expected)
    }

    @Test func labelsAreSortedByName() throws {
        let table = MemoryTable(columnNames: ["z", "v", "a"], rows: [[.text("1"), .integer(1), .text("2")]])
        let result = try query("{name: m, kind: gauge, value: v, static_labels: {b: x}}", labels: "[z, a]")
            .families(from: table)
        #expect(result.families.first?.metrics.first?.labels.labels.map(\.name) == ["a", "b", "z"])
    }

    @Test func aMissingColumnIsTracedToItsLine() throws {
        let query = try query("{name: m, kind: gauge, value: count, timestamp: at}", labels: "{db: datname}")
        let error = #expect(throws: QueryMappingError.self) {
            try query.families(from: MemoryTable(columnNames: ["conut", "x"]))
        }
        #expect(
            error?.problems.map(\.description) == [
                "q.yaml:2:43: queries[0].labels.db: the column \"datname\" is not in the result; it has conut, x",
                "q.yaml:2:111: queries[0].metrics[0].timestamp: the column \"at\" is not in the result; it has conut, x",
                "q.yaml:2:93: queries[0].metrics[0].value: the column \"count\" is not in the result; did you mean \"conut\"?",
            ]
        )
    }

    @Test func aColumnThatStandsTwiceIsAnErrorOnlyIfItIsUsed() throws {
        let query = try query("{name: m, kind: gauge, value: v}")
        let fine = MemoryTable(columnNames: ["id", "id", "v"], rows: [[.integer(1), .integer(2), .integer(3)]])
        #expect(lines(try query.families(from: fine)) == ["m 3.0"])
        let error = #expect(throws: QueryMappingError.self) {
            try query.families(from: MemoryTable(columnNames: ["v", "v"]))
        }
        #expect(error?.problems.first?.message == "the result has more than one column \"v\"; give them names with AS")
    }

    @Test(
        arguments: [
            (
                [.array([.integer(2), .integer(1)]), .array([.integer(1), .integer(2)]), .integer(1), .integer(2)],
                "bounds and cumulative counts must rise"
            ),
            (
                [.array([.integer(1), .integer(2)]), .array([.integer(2), .integer(1)]), .integer(1), .integer(2)],
                "bounds and cumulative counts must rise"
            ),
            (
                [.array([.integer(1)]), .array([.integer(1), .integer(2)]), .integer(1), .integer(2)],
                "1 bounds and 2 counts"
            ),
            ([.array([.integer(1)]), .array([.null]), .integer(1), .integer(2)], "a bound or a count is not a number"),
            (
                [.array([.integer(1)]), .array([.integer(3)]), .integer(1), .integer(2)],
                "the count 2.0 is below the last bucket's"
            ),
            (
                [.integer(1), .array([.integer(3)]), .integer(1), .integer(2)],
                "expected arrays of bounds and counts, found 1 and an array"
            ),
            (
                [.array([]), .array([]), .text("x"), .integer(2)],
                "expected a sum and a count, found the text \"x\" and 2"
            ),
        ] as [([ColumnValue], String)]
    )
    func wrongHistogramsAreLeftOutAndNamed(_ row: [ColumnValue], _ message: String) throws {
        let names = ["h", "h_bucket", "h_sum", "h_count"]
        let result = try query("{name: m, kind: histogram, value: h}").families(
            from: MemoryTable(columnNames: names, rows: [row])
        )
        #expect(result.families == [])
        #expect(result.problems.map(\.detail) == ["column \"h\": \(message)"])
    }

    @Test func aHistogramWithNullIsSkipped() throws {
        let row: [ColumnValue] = [.null, .null, .null, .integer(0)]
        let result = try query("{name: m, kind: histogram, value: h}").families(
            from: MemoryTable(columnNames: ["h", "h_bucket", "h_sum", "h_count"], rows: [row])
        )
        #expect(result == QueryResult())
    }

    @Test func aBindingCanBeReadWithAgain() throws {
        let query = try query("{name: m, kind: gauge, value: v}")
        let binding = try QueryBinding(query, columnNames: ["v"])
        for number in 1...3 {
            let table = MemoryTable(columnNames: ["v"], rows: [[.integer(Int64(number))]])
            #expect(lines(binding.families(from: table)) == ["m \(Double(number))"])
        }
    }

    @Test func memoryTablesFillShortRowsAndCutLongOnes() {
        let table = MemoryTable(
            columnNames: ["a", "b"],
            rows: [[.integer(1)], [.integer(2), .integer(3), .integer(4)]]
        )
        #expect(table.rowCount == 2)
        #expect(table.values == [.integer(1), .null, .integer(2), .integer(3)])
        #expect(MemoryTable(columnNames: []).rowCount == 0)
    }
}
