import Exposition
import QueryFiles
import Settings
import Testing

@Suite struct HubbleFormatTests {
    private static let file = """
        pg_stat_user_tables:
          query: "SELECT seq_scan, n_live_tup FROM pg_stat_user_tables"
          metrics:
            - seq_scan: {type: "COUNTER", description: "Sequential scans"}
            - n_live_tup: {type: "gauge", description: "Live rows"}
              1: {type: UNTYPED}
        """

    @Test func metricsHaveThePrefixTheQueryAndTheColumnInTheirNames() throws {
        let (queries, problems) = parse(Self.file)
        #expect(problems == [])
        let query = try #require(queries.first)
        #expect(query.format == .hubble)
        #expect(query.name == "pg_stat_user_tables")
        let table = MemoryTable(
            columnNames: ["1", "n_live_tup", "seq_scan"],
            rows: [[.integer(9), .text("7"), .real(5)]]
        )
        let result = try query.families(from: table)
        #expect(
            lines(result) == [
                "postgres_pg_stat_user_tables_seq_scan 5.0", "postgres_pg_stat_user_tables_n_live_tup 7.0",
                "postgres_pg_stat_user_tables_1 9.0",
            ]
        )
        #expect(result.families.map(\.kind) == [.counter, .gauge, .unknown])
        #expect(result.families.map(\.help) == ["Sequential scans", "Live rows", ""])
    }

    @Test func onlyTheFirstRowCounts() throws {
        let query = try #require(parse(Self.file).queries.first)
        let rows: [[ColumnValue]] = [
            [.integer(1), .integer(2), .integer(3)], [.integer(4), .integer(5), .integer(6)],
        ]
        let result = try query.families(from: MemoryTable(columnNames: ["seq_scan", "n_live_tup", "1"], rows: rows))
        #expect(result.families.map(\.metrics.count) == [1, 1, 1])
        #expect(try query.families(from: MemoryTable(columnNames: ["seq_scan", "n_live_tup", "1"])).families == [])
    }

    @Test func columnsAreTakenInOrderOnlyIfNoNameMatches() throws {
        let query = try #require(parse(Self.file).queries.first)
        let row: [[ColumnValue]] = [[.integer(1), .bool(true), .null]]
        let result = try query.families(
            from: MemoryTable(columnNames: ["?column?", "?column?", "?column?"], rows: row)
        )
        #expect(
            lines(result) == [
                "postgres_pg_stat_user_tables_seq_scan 1.0", "postgres_pg_stat_user_tables_n_live_tup 1.0",
            ]
        )
        let error = #expect(throws: QueryMappingError.self) {
            try query.families(from: MemoryTable(columnNames: ["seq_scan", "a", "b"]))
        }
        #expect(
            error?.problems.map(\.description) == [
                "q.yaml:5:7: pg_stat_user_tables.metrics[1].n_live_tup: the column \"n_live_tup\" is not in the result; "
                    + "it has seq_scan, a, b",
                "q.yaml:6:7: pg_stat_user_tables.metrics[1].1: the column \"1\" is not in the result; did you mean \"a\"?",
            ]
        )
    }

    @Test func aResultOfAnotherWidthWithoutNamesIsAnError() throws {
        let query = try #require(parse(Self.file).queries.first)
        let error = #expect(throws: QueryMappingError.self) {
            try query.families(from: MemoryTable(columnNames: ["x", "y"]))
        }
        #expect(
            error?.description
                == "q.yaml:1:1: pg_stat_user_tables: the result has 2 columns for 3 metrics, and none has a metric's name"
        )
    }

    @Test func thePrefixIsTheCallers() throws {
        let problems = ProblemList()
        let queries = QueryFile.parse(
            "a: {query: SELECT 1 AS b, metrics: [{b: {type: gauge}}]}",
            file: "q.yaml",
            defaultPrefix: "",
            problems: problems
        )
        let table = MemoryTable(columnNames: ["b"], rows: [[.integer(1)]])
        #expect(lines(try #require(queries.first).families(from: table)) == ["a_b 1.0"])
    }

    @Test(
        arguments: [
            (
                "a: {query: SELECT 1, metrics: [{b: {type: GAUG}}]}",
                [
                    "q.yaml:1:43: a.metrics[0].b.type: expected one of COUNTER, GAUGE, UNTYPED, found \"GAUG\"; "
                        + "did you mean \"GAUGE\"?"
                ]
            ),
            (
                "a: {query: SELECT 1, metrics: [{b: {type: GAUGE, help: x}}], cache: 3}",
                [
                    "q.yaml:1:50: a.metrics[0].b.help: unknown key; known are description, type",
                    "q.yaml:1:62: a.cache: unknown key; known are metrics, query",
                ]
            ),
            (
                "a: {query: '', metrics: [{b: {type: GAUGE}}, {c: {}}]}",
                [
                    "q.yaml:1:12: a.query: the query is empty",
                    "q.yaml:1:50: a.metrics[1].c: the key \"type\" is missing",
                ]
            ),
            (
                "a-b: {query: SELECT 1, metrics: [{c: {type: GAUGE}}]}",
                [
                    "q.yaml:1:35: a-b.metrics[0].c: \"postgres_a-b_c\" is not a legal metric name (letters, digits, _ and :, "
                        + "at most 200, not a digit first)"
                ]
            ),
        ]
    )
    func mistakesAreNamedWithTheirPlace(_ text: String, _ expected: [String]) {
        #expect(parse(text).problems == expected)
    }
}
