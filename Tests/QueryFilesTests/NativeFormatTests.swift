import Exposition
import QueryFiles
import Testing

@Suite struct NativeFormatTests {
    @Test func everyKeyOfAQueryIsRead() throws {
        let (queries, problems) = parse(
            """
            named:
              activity: SELECT state, n FROM activity
            queries:
            - name: pg_stat_activity
              query_ref: activity
              interval: 1m
              timeout: 5s
              when:
                version: ">=14 <17"
                role: primary
                database: "app_.*"
                extension: pg_stat_statements
              labels: [state]
              metrics:
              - {name: pg_stat_activity_count, kind: gauge, value: n, help: Connections.}
            """
        )
        #expect(problems == [])
        let query = try #require(queries.first)
        #expect(query.name == "pg_stat_activity")
        #expect(query.sql == "SELECT state, n FROM activity")
        #expect(query.interval == .seconds(60))
        #expect(query.timeout == .seconds(5))
        #expect(query.format == .native)
        #expect(query.condition.version?.description == ">=14 <17")
        #expect(query.condition.role == .primary)
        #expect(query.condition.database == "app_.*")
        #expect(query.condition.extensions == ["pg_stat_statements"])
        let table = MemoryTable(
            columnNames: ["n", "state"],
            rows: [[.integer(3), .text("idle")], [.integer(1), .null]]
        )
        let result = try query.families(from: table)
        #expect(
            lines(result) == ["pg_stat_activity_count{state=\"idle\"} 3.0", "pg_stat_activity_count{state=\"\"} 1.0"]
        )
        #expect(result.families.map(\.kind) == [.gauge])
        #expect(result.families.map(\.help) == ["Connections."])
    }

    @Test func labelsMayHaveOtherNamesThanTheirColumns() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              labels: {database: datname}
              static_labels: {kind: x, level: 1}
              metrics:
              - name: m
                kind: counter
                value: v
                labels: {user: usename}
                static_labels: {kind: y}
            """
        )
        #expect(problems == [])
        let table = MemoryTable(
            columnNames: ["v", "usename", "datname"],
            rows: [[.integer(1), .text("u"), .text("d")]]
        )
        let result = try #require(queries.first).families(from: table)
        #expect(lines(result) == ["m{database=\"d\",kind=\"y\",level=\"1\",user=\"u\"} 1.0"])
    }

    @Test func severalColumnsBecomeOneFamilyByTheirValueLabel() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: io
              query: SELECT 1
              labels: [disk]
              metrics:
              - {name: io_total, kind: counter, value_label: operation, values: [reads, writes], scale: 0.5}
            """
        )
        #expect(problems == [])
        let table = MemoryTable(
            columnNames: ["disk", "reads", "writes"],
            rows: [[.text("a"), .integer(4), .integer(6)], [.text("b"), .null, .real(1)]]
        )
        let result = try #require(queries.first).families(from: table)
        #expect(
            lines(result) == [
                "io_total{disk=\"a\",operation=\"reads\"} 2.0",
                "io_total{disk=\"a\",operation=\"writes\"} 3.0",
                "io_total{disk=\"b\",operation=\"writes\"} 0.5",
            ]
        )
        #expect(result.families.count == 1)
    }

    @Test func namesAndHelpMayComeFromTheRows() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: settings
              query: SELECT 1
              metrics:
              - {name_column: name, prefix: pg_settings_, kind: gauge, value: value, help_column: help}
            """
        )
        #expect(problems == [])
        let table = MemoryTable(
            columnNames: ["name", "value", "help"],
            rows: [
                [.text("work_mem"), .text("4096"), .text("Memory.")],
                [.text("not legal"), .text("1"), .text("")],
                [.text("jit"), .bool(true), .text("Compile.")],
            ]
        )
        let result = try #require(queries.first).families(from: table)
        #expect(lines(result) == ["pg_settings_work_mem 4096.0", "pg_settings_jit 1.0"])
        #expect(result.families.map(\.help) == ["Memory.", "Compile."])
        #expect(
            result.problems.map(\.description) == [
                "illegal_name: pg_settings_: column \"value\": \"pg_settings_not legal\" is not a legal metric name"
            ]
        )
    }

    @Test func infoMetricsAreLabelsWithTheValueOne() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              metrics:
              - {name: server_info, kind: info, labels: [version]}
            """
        )
        #expect(problems == [])
        let result = try #require(queries.first).families(
            from: MemoryTable(columnNames: ["version"], rows: [[.text("17.2")]])
        )
        #expect(lines(result) == ["server_info{version=\"17.2\"} 1.0"])
        #expect(result.families.map(\.kind) == [.info])
    }

    @Test func textIsMappedToNumbersAndOtherTextIsAProblem() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              labels: [node]
              metrics:
              - {name: state, kind: gauge, value: state, mapping: {up: 1, down: 0, yes: 2, 7: 3}}
            """
        )
        #expect(problems == [])
        let table = MemoryTable(
            columnNames: ["node", "state"],
            rows: [
                [.text("a"), .text("up")], [.text("b"), .text("down")], [.text("c"), .text("broken")],
                [.text("d"), .text("yes")], [.text("e"), .integer(7)], [.text("f"), .text("odd")],
            ]
        )
        let result = try #require(queries.first).families(from: table)
        #expect(
            lines(result) == [
                "state{node=\"a\"} 1.0", "state{node=\"b\"} 0.0", "state{node=\"d\"} 2.0", "state{node=\"e\"} 3.0",
            ]
        )
        #expect(
            result.problems == [
                SampleProblem(
                    reason: .wrongValue,
                    family: "state",
                    detail: "column \"state\": the mapping has no entry for the text \"broken\"",
                    count: 2
                )
            ]
        )
    }

    @Test(arguments: [("skip", []), ("nan", ["m nan"]), ("zero", ["m 0.0"])] as [(String, [String])])
    func nullFollowsThePolicy(_ policy: String, _ expected: [String]) throws {
        let (queries, problems) = parse(
            """
            queries:
            - {name: q, query: SELECT 1, on_null: \(policy), metrics: [{name: m, kind: gauge, value: v}]}
            """
        )
        #expect(problems == [])
        let result = try #require(queries.first).families(from: MemoryTable(columnNames: ["v"], rows: [[.null]]))
        #expect(lines(result) == expected)
        #expect(result.problems == [])
    }

    @Test func aMetricsOwnNullPolicyReplacesTheQuerys() throws {
        let (queries, _) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              on_null: zero
              metrics:
              - {name: a, kind: gauge, value: v}
              - {name: b, kind: gauge, value: v, on_null: skip}
            """
        )
        let result = try #require(queries.first).families(from: MemoryTable(columnNames: ["v"], rows: [[.null]]))
        #expect(lines(result) == ["a 0.0"])
    }

    @Test func timestampsAreSecondsAndSamplesWithoutOneAreSkipped() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              labels: [n]
              metrics: [{name: m, kind: gauge, value: v, timestamp: t}]
            """
        )
        #expect(problems == [])
        let table = MemoryTable(
            columnNames: ["n", "v", "t"],
            rows: [
                [.integer(1), .integer(5), .timestamp(1_700_000_000.25)], [.integer(2), .integer(5), .null],
                [.integer(3), .integer(5), .real(1e300)], [.integer(4), .integer(5), .text("12")],
                [.integer(5), .integer(5), .real(.nan)],
            ]
        )
        let result = try #require(queries.first).families(from: table)
        #expect(lines(result) == ["m{n=\"1\"} 5.0 @1700000000250", "m{n=\"4\"} 5.0 @12000"])
        #expect(result.problems.map(\.count) == [2])
    }

    @Test func histogramsComeFromFourColumns() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              labels: [state]
              metrics: [{name: idle_seconds, kind: histogram, value: ms, scale: 0.001}]
            """
        )
        #expect(problems == [])
        let arrays: [ColumnValue] = [
            .text("a"), .array([.integer(1000), .real(5000)]), .array([.integer(1), .integer(3)]), .real(7000),
            .integer(4),
        ]
        let texts: [ColumnValue] = [.text("b"), .text("{1000,5000}"), .text("[0, 2]"), .text("2000"), .text("2")]
        let table = MemoryTable(
            columnNames: ["state", "ms", "ms_bucket", "ms_sum", "ms_count"],
            rows: [arrays, texts]
        )
        let result = try #require(queries.first).families(from: table)
        #expect(
            lines(result) == [
                "idle_seconds{state=\"a\"} [1.0:1.0 5.0:3.0] sum=7.0 count=4.0",
                "idle_seconds{state=\"b\"} [1.0:0.0 5.0:2.0] sum=2.0 count=2.0",
            ]
        )
        #expect(result.families.map(\.kind) == [.histogram])
    }

    @Test func twoMetricsOfOneNameAreOneFamilyIfStaticLabelsTellThemApart() throws {
        let (queries, problems) = parse(
            """
            queries:
            - name: q
              query: SELECT 1
              metrics:
              - {name: m, kind: gauge, value: a, static_labels: {of: a}}
              - {name: m, kind: gauge, value: b, static_labels: {of: b}}
            """
        )
        #expect(problems == [])
        let result = try #require(queries.first).families(
            from: MemoryTable(columnNames: ["a", "b"], rows: [[.integer(1), .integer(2)]])
        )
        #expect(lines(result) == ["m{of=\"a\"} 1.0", "m{of=\"b\"} 2.0"])
        #expect(result.families.count == 1)
    }
}
