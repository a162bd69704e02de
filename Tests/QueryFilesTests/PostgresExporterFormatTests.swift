import Exposition
import QueryFiles
import Settings
import Testing

@Suite struct PostgresExporterFormatTests {
    /// The file that postgres_exporter 0.12 shipped, shortened.
    private static let file = """
        pg_replication:
          query: "SELECT lag"
          master: true
          metrics:
            - lag:
                usage: "GAUGE"
                description: "Replication lag behind master in seconds"
        pg_stat_user_tables:
          query: |
            SELECT current_database() datname, schemaname, seq_scan FROM pg_stat_user_tables
          cache_seconds: 30
          runonserver: ">=10.0.0 <12.0.0"
          metrics:
            - datname: {usage: "LABEL", description: "Name of current database"}
              schemaname: {usage: "LABEL"}
            - seq_scan: {usage: "COUNTER", description: "Number of scans"}
            - noise: {usage: "DISCARD"}
        """

    @Test func labelsApplyToAllMetricsOfTheNamespace() throws {
        let (queries, problems) = parse(Self.file)
        #expect(problems == [])
        #expect(queries.map(\.name) == ["pg_replication", "pg_stat_user_tables"])
        #expect(queries.map(\.format) == [.postgresExporter, .postgresExporter])
        #expect(queries.map(\.isPerServer) == [true, false])
        let tables = try #require(queries.last)
        #expect(tables.interval == .seconds(30))
        #expect(tables.effectiveInterval(.seconds(15)) == .seconds(30))
        #expect(tables.effectiveInterval(.seconds(60)) == .seconds(60))
        #expect(tables.condition.version?.contains(ServerVersion(11, 3)) == true)
        #expect(tables.condition.version?.contains(ServerVersion(12)) == false)
        let table = MemoryTable(
            columnNames: ["seq_scan", "schemaname", "datname"],
            rows: [[.integer(3), .text("public"), .text("app")], [.null, .text("other"), .text("app")]]
        )
        let result = try tables.families(from: table)
        #expect(lines(result) == ["pg_stat_user_tables_seq_scan{datname=\"app\",schemaname=\"public\"} 3.0"])
        #expect(result.families.map(\.help) == ["Number of scans"])
    }

    @Test func unlistedNumbersAreExportedAsUnknown() throws {
        let query = try #require(parse(Self.file).queries.last)
        let table = MemoryTable(
            columnNames: ["datname", "schemaname", "seq_scan", "noise", "extra", "name", "flag", "odd name"],
            rows: [
                [.text("a"), .text("b"), .integer(1), .integer(2), .text("2.5"), .text("x"), .bool(true), .integer(1)]
            ]
        )
        let result = try query.families(from: table)
        let labels = "{datname=\"a\",schemaname=\"b\"}"
        #expect(
            lines(result) == [
                "pg_stat_user_tables_seq_scan\(labels) 1.0", "pg_stat_user_tables_extra\(labels) 2.5",
                "pg_stat_user_tables_flag\(labels) 1.0",
            ]
        )
        #expect(result.families.map(\.kind) == [.counter, .unknown, .unknown])
        #expect(result.problems == [])
    }

    @Test func mappedMetricsMapTheirText() throws {
        let (queries, problems) = parse(
            "pg_node: {query: SELECT 1, metrics: [{state: {usage: MAPPEDMETRIC, metric_mapping: {up: 1, down: 0.5}}}]}"
        )
        #expect(problems == [])
        let query = try #require(queries.first)
        #expect(
            lines(try query.families(from: MemoryTable(columnNames: ["state"], rows: [[.text("down")]])))
                == ["pg_node_state 0.5"]
        )
        let other = try query.families(from: MemoryTable(columnNames: ["state"], rows: [[.text("lost")]]))
        #expect(other.families == [])
        #expect(other.problems.map(\.reason) == [.wrongValue])
    }

    @Test func durationsBecomeMilliseconds() throws {
        let (queries, problems) = parse(
            "pg_set: {query: SELECT 1, metrics: [{t: {usage: DURATION}}, {n: {usage: LABEL}}]}"
        )
        #expect(problems == [])
        let texts: [(String, ColumnValue)] = [
            ("a", .text("5ms")), ("b", .text("1h2m")), ("c", .text("00:00:01.5")), ("d", .text("-1")), ("e", .null),
            ("f", .text("soon")), ("g", .integer(5)), ("h", .integer(-1)), ("i", .integer(0)),
        ]
        let table = MemoryTable(columnNames: ["n", "t"], rows: texts.map { [.text($0.0), $0.1] })
        let result = try #require(queries.first).families(from: table)
        #expect(
            lines(result) == [
                "pg_set_t_milliseconds{n=\"a\"} 5.0", "pg_set_t_milliseconds{n=\"b\"} 3720000.0",
                "pg_set_t_milliseconds{n=\"c\"} 1500.0", "pg_set_t_milliseconds{n=\"i\"} 0.0",
            ]
        )
        #expect(
            result.problems.map(\.description) == [
                "wrong_value: pg_set_t_milliseconds: column \"t\": expected a duration with its unit, found the text \"soon\""
            ]
        )
        #expect(result.problems.map(\.count) == [2])
    }

    @Test func histogramColumnsAreNotExportedOnTheirOwn() throws {
        let (queries, problems) = parse(
            "pg_h: {query: SELECT 1, metrics: [{size: {usage: HISTOGRAM, description: Sizes}}]}"
        )
        #expect(problems == [])
        let query = try #require(queries.first)
        let row: [ColumnValue] = [
            .array([.real(1), .real(2)]), .array([.integer(1), .integer(2)]), .real(3), .integer(2),
        ]
        let names = ["size", "size_bucket", "size_sum", "size_count"]
        let result = try query.families(from: MemoryTable(columnNames: names, rows: [row]))
        #expect(lines(result) == ["pg_h_size [1.0:1.0 2.0:2.0] sum=3.0 count=2.0"])
        let error = #expect(throws: QueryMappingError.self) {
            try query.families(from: MemoryTable(columnNames: ["size", "size_sum", "size_count"]))
        }
        #expect(
            error?.description == "q.yaml:1:36: pg_h.metrics[0].size: the column \"size_bucket\" is not in the result; "
                + "it has size, size_sum, size_count"
        )
    }

    @Test func aMissingLabelColumnIsAnErrorAndNotTheFirstColumn() throws {
        let query = try #require(parse(Self.file).queries.last)
        let error = #expect(throws: QueryMappingError.self) {
            try query.families(from: MemoryTable(columnNames: ["seq_scan", "schemaname", "datnam"]))
        }
        #expect(
            error?.description
                == "q.yaml:14:7: pg_stat_user_tables.metrics[0].datname: the column \"datname\" is not in "
                + "the result; did you mean \"datnam\"?"
        )
    }

    @Test func anEmptyQueryDisablesItsNamespace() throws {
        let (queries, problems) = parse(
            "pg_stat_bgwriter: {query: \"\"}\npg_x:\n  query: ''\n  metrics: [{a: {usage: GAUGE}}]"
        )
        #expect(problems == [])
        #expect(queries.map(\.condition.isDisabled) == [true, true])
        let facts = ServerFacts(version: ServerVersion(17))
        #expect(
            queries.map { $0.condition.unmet(facts) }
                == Array(repeating: ["it is disabled by an empty query"], count: 2)
        )
    }

    @Test func bareYesNoAndNumbersAreColumns() throws {
        let (queries, problems) = parse(
            """
            pg_odd:
              query: SELECT 1
              metrics:
                - yes: {usage: GAUGE}
                - on: {usage: GAUGE}
                - 42: {usage: COUNTER}
                - null: {usage: LABEL}
            """
        )
        #expect(problems == [])
        let table = MemoryTable(
            columnNames: ["yes", "on", "42", "null"],
            rows: [[.integer(1), .integer(2), .integer(3), .text("l")]]
        )
        #expect(
            lines(try #require(queries.first).families(from: table)) == [
                "pg_odd_yes{null=\"l\"} 1.0", "pg_odd_on{null=\"l\"} 2.0", "pg_odd_42{null=\"l\"} 3.0",
            ]
        )
    }

    private static let mistakes: [(String, [String])] = [
        (
            "a: {query: SELECT 1, metrics: [{b: {usage: GUAGE}}]}",
            [
                "q.yaml:1:44: a.metrics[0].b.usage: expected one of LABEL, COUNTER, GAUGE, MAPPEDMETRIC, DURATION, "
                    + "HISTOGRAM, DISCARD, found \"GUAGE\"; did you mean \"GAUGE\"?"
            ]
        ),
        (
            "a: {query: SELECT 1, metrics: [{b: {usage: gauge}}]}",
            [
                "q.yaml:1:44: a.metrics[0].b.usage: expected one of LABEL, COUNTER, GAUGE, MAPPEDMETRIC, DURATION, "
                    + "HISTOGRAM, DISCARD, found \"gauge\"; did you mean \"GAUGE\"?"
            ]
        ),
        (
            "a: {query: SELECT 1, metrics: [{b: {usage: GAUGE, descripton: x}}], cache_second: 3}",
            [
                "q.yaml:1:51: a.metrics[0].b.descripton: unknown key; did you mean \"description\"?",
                "q.yaml:1:69: a.cache_second: unknown key; did you mean \"cache_seconds\"?",
            ]
        ),
        (
            "a: {query: SELECT 1, master: primary, cache_seconds: -1, runonserver: new, metrics: [{b: {usage: GAUGE}}]}",
            [
                "q.yaml:1:30: a.master: expected true or false, found \"primary\"",
                "q.yaml:1:54: a.cache_seconds: expected an integer from 0 to 604800, found \"-1\"",
                "q.yaml:1:71: a.runonserver: expected a version range such as \">=10.0.0 <12.0.0\", found \"new\"",
            ]
        ),
        (
            "a: {query: SELECT 1, metrics: [{b: {usage: MAPPEDMETRIC}}, {c: {usage: GAUGE, metric_mapping: {x: 1}}}]}",
            [
                "q.yaml:1:36: a.metrics[0].b: MAPPEDMETRIC needs \"metric_mapping\"",
                "q.yaml:1:95: a.metrics[1].c.metric_mapping: only MAPPEDMETRIC has a mapping, this is GAUGE",
            ]
        ),
        (
            "a: {metrics: [{b: {usage: GAUGE}}]}\nc: {query: SELECT 1, cache_seconds: 1}\nd: 4",
            [
                "q.yaml:1:4: a: the key \"query\" is missing", "q.yaml:2:4: c: the key \"metrics\" is missing",
                "q.yaml:3:4: d: expected a mapping with query and metrics, found \"4\"",
            ]
        ),
        (
            "a: {query: SELECT 1, metrics: [{b: {usage: GAUGE}}, c, {b: {usage: LABEL}}, {}]}",
            [
                "q.yaml:1:53: a.metrics[1]: expected a column with its description below it, found \"c\"",
                "q.yaml:1:57: a.metrics[2].b: the column \"b\" stands here twice, first at q.yaml:1:33",
                "q.yaml:1:77: a.metrics[3]: expected a column with its description below it, found a mapping",
            ]
        ),
        (
            "a: {query: SELECT 1, metrics: {b: {usage: GAUGE}}, master: no}",
            [
                "q.yaml:1:60: a.master: expected true or false, found \"no\"",
                "q.yaml:1:31: a.metrics: expected a list, found a mapping",
            ]
        ),
        (
            "a: {query: SELECT 1, metrics: [{Total Count: {usage: GAUGE}}, {le: {usage: LABEL}}, {h: {usage: HISTOGRAM}}]}",
            [
                "q.yaml:1:33: a.metrics[0].Total Count: \"a_Total Count\" is not a legal metric name (letters, digits, _ "
                    + "and :, at most 200, not a digit first)",
                "q.yaml:1:64: a.metrics[1].le: a histogram cannot have a label \"le\"",
            ]
        ),
    ]

    @Test(arguments: mistakes)
    func mistakesAreNamedWithTheirPlace(_ text: String, _ expected: [String]) {
        #expect(parse(text).problems == expected)
    }
}
