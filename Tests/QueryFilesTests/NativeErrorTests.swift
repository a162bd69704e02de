import QueryFiles
import Testing

@Suite struct NativeErrorTests {
    /// Wraps lines of a metric into a file; the metric's first key stands in line 5, column 5.
    private static func metric(_ keys: String) -> String {
        "queries:\n- name: q\n  query: SELECT 1\n  metrics:\n  - " + keys.replacing("\n", with: "\n    ")
    }

    private static let cases: [(String, [String])] = [
        ("", ["q.yaml:1:1: expected \"queries:\" or a mapping from names to queries; the file is empty"]),
        ("[a]", ["q.yaml:1:1: expected \"queries:\" or a mapping from names to queries; found a list"]),
        ("text", ["q.yaml:1:1: expected \"queries:\" or a mapping from names to queries; found \"text\""]),
        (
            "querys: []",
            [
                "q.yaml:1:1: the key \"queries\" is missing",
                "q.yaml:1:1: querys: unknown key; did you mean \"queries\"?",
            ]
        ),
        ("queries: 3", ["q.yaml:1:10: queries: expected a list, found \"3\""]),
        ("queries: [3]", ["q.yaml:1:11: queries[0]: expected a mapping with name, query and metrics, found \"3\""]),
        (
            "queries:\n- {}",
            [
                "q.yaml:2:3: queries[0]: the key \"name\" is missing",
                "q.yaml:2:3: queries[0]: needs \"query\" or \"query_ref\"",
                "q.yaml:2:3: queries[0]: the key \"metrics\" is missing",
            ]
        ),
        (
            "queries:\n- {name: q, query: \" \", metrics: []}",
            [
                "q.yaml:2:20: queries[0].query: the query is empty",
                "q.yaml:2:34: queries[0].metrics: a query needs at least one metric",
            ]
        ),
        (
            "named: {activity: SELECT 1}\nqueries:\n- {name: q, query_ref: activty, metrics: [{name: a, kind: gauge, value: v}]}",
            [
                "q.yaml:3:24: queries[0].query_ref: no query named \"activty\" under \"named\"; did you mean \"activity\"?"
            ]
        ),
        (
            "queries:\n- {name: q, query: a, query_ref: b, metrics: [{name: a, kind: gauge, value: v}]}",
            [
                "q.yaml:2:3: queries[0]: has both \"query\" and \"query_ref: b\"; give one"
            ]
        ),
        (
            "queries:\n- name: q\n  query: SELECT 1\n  intervall: 5s\n  metrics: [{name: a, kind: gauge, value: v}]",
            [
                "q.yaml:4:3: queries[0].intervall: unknown key; did you mean \"interval\"?"
            ]
        ),
        (
            "queries:\n- name: q\n  query: SELECT 1\n  interval: 5\n  timeout: 2h\n  metrics: [{name: a, kind: gauge, value: v}]",
            [
                "q.yaml:4:13: queries[0].interval: expected a duration such as 15s or 1m30s from 100ms to 7d, found \"5\"",
                "q.yaml:5:12: queries[0].timeout: expected a duration such as 15s or 1m30s from 1ms to 1h, found \"2h\"",
            ]
        ),
        (
            "queries:\n- name: q\n  query: SELECT 1\n  when: {version: new, role: master, database: \"(\", colour: red}\n  metrics: [{name: a, kind: gauge, value: v}]",
            [
                "q.yaml:4:19: queries[0].when.version: expected a version range such as \">=14 <17\", found \"new\"",
                "q.yaml:4:30: queries[0].when.role: expected one of primary, standby, found \"master\"",
                "q.yaml:4:48: queries[0].when.database: expected a regular expression, found \"(\"",
                "q.yaml:4:53: queries[0].when.colour: unknown key; known are database, extension, role, version",
            ]
        ),
        (
            metric("name: a\nkind: guage\nvalue: v"),
            [
                "q.yaml:6:11: queries[0].metrics[0].kind: expected one of counter, gauge, unknown, untyped, info, histogram, "
                    + "found \"guage\"; did you mean \"gauge\"?"
            ]
        ),
        (metric("name: a\nvalue: v"), ["q.yaml:5:5: queries[0].metrics[0]: the key \"kind\" is missing"]),
        (
            metric("name: 1a\nkind: gauge\nvalue: v"),
            [
                "q.yaml:5:11: queries[0].metrics[0].name: \"1a\" is not a legal metric name (letters, digits, _ and :, at most "
                    + "200, not a digit first)"
            ]
        ),
        (metric("kind: gauge\nvalue: v"), ["q.yaml:5:5: queries[0].metrics[0]: needs \"name\" or \"name_column\""]),
        (
            metric("name: a\nname_column: b\nkind: gauge\nvalue: v"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: has both \"name\" and \"name_column\"; give one"
            ]
        ),
        (
            metric("name: a\nprefix: b\nkind: gauge\nvalue: v"),
            [
                "q.yaml:6:13: queries[0].metrics[0].prefix: a prefix needs \"name_column\""
            ]
        ),
        (metric("name: a\nkind: gauge"), ["q.yaml:5:5: queries[0].metrics[0]: needs \"value\" or \"values\""]),
        (
            metric("name: a\nkind: gauge\nvalue: [x]"),
            [
                "q.yaml:7:12: queries[0].metrics[0].value: expected the name of a column, found a list"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalues: [x, y]"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: \"values\" needs \"value_label\", the label that tells the columns apart"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nvalue_label: y"),
            [
                "q.yaml:8:18: queries[0].metrics[0].value_label: needs \"values\""
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nvalues: [x]\nvalue_label: y"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: has both \"value\" and \"values\"; give one"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalues: []\nvalue_label: y"),
            [
                "q.yaml:7:13: queries[0].metrics[0].values: needs at least one column"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalues: [x, x]\nvalue_label: y"),
            [
                "q.yaml:7:17: queries[0].metrics[0].values[1]: the column \"x\" stands here twice"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalues: [x]\nvalue_label: y\nlabels: [y]"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: the value label \"y\" is a label already"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nlabels: [x, le-ft, __name, y, y]"),
            [
                "q.yaml:8:17: queries[0].metrics[0].labels[1]: \"le-ft\" is not a legal label name (letters, digits and _, at "
                    + "most 200, not a digit or __ first)",
                "q.yaml:8:24: queries[0].metrics[0].labels[2]: \"__name\" is not a legal label name (letters, digits and _, "
                    + "at most 200, not a digit or __ first)",
                "q.yaml:8:35: queries[0].metrics[0].labels[4]: the label \"y\" stands here twice",
                "q.yaml:8:14: queries[0].metrics[0].labels[0]: the column \"x\" is a label and a value",
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nlabels: [y]\nstatic_labels: {y: 1, z: [1]}"),
            [
                "q.yaml:9:30: queries[0].metrics[0].static_labels.z: expected a string, found a list",
                "q.yaml:9:21: queries[0].metrics[0].static_labels.y: the label \"y\" has a column already",
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nlabels: y"),
            [
                "q.yaml:8:13: queries[0].metrics[0].labels: expected a list of columns or a mapping from labels to columns, "
                    + "found \"y\""
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nscale: 0\non_null: ignore"),
            [
                "q.yaml:8:12: queries[0].metrics[0].scale: a scale of 0 would lose every value",
                "q.yaml:9:14: queries[0].metrics[0].on_null: expected one of skip, nan, zero, found \"ignore\"",
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nmapping: {up: one}"),
            [
                "q.yaml:8:19: queries[0].metrics[0].mapping.up: expected a number, found \"one\""
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nmapping: []"),
            [
                "q.yaml:8:14: queries[0].metrics[0].mapping: expected a mapping from texts to numbers, found a list"
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\nhelp: h\nhelp_column: h"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: has both \"help\" and \"help_column\"; give one"
            ]
        ),
        (
            metric("name: version\nkind: info\nlabels: [v]\nvalue: x"),
            [
                "q.yaml:8:12: queries[0].metrics[0].value: an info metric has no value, only labels; leave \"value\" out",
                "q.yaml:5:5: queries[0].metrics[0]: the name of an info metric ends in _info",
            ]
        ),
        (
            metric("name: a_info\nkind: info\nscale: 2"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: an info metric needs labels",
                "q.yaml:5:5: queries[0].metrics[0]: an info metric has no value to convert",
            ]
        ),
        (
            metric("name: a\nkind: histogram"),
            [
                "q.yaml:5:5: queries[0].metrics[0]: a histogram needs \"value\", the column of its bounds"
            ]
        ),
        (
            metric("name: a\nkind: histogram\nvalue: x\nvalues: [y]\nmapping: {a: 1}\nlabels: [le]\non_null: zero"),
            [
                "q.yaml:8:13: queries[0].metrics[0].values: a histogram has one value column; leave \"values\" out",
                "q.yaml:5:5: queries[0].metrics[0]: a histogram cannot have a label \"le\"",
                "q.yaml:5:5: queries[0].metrics[0]: a histogram cannot have a mapping",
                "q.yaml:5:5: queries[0].metrics[0]: a histogram cannot have \"on_null\"; NULL is skipped",
            ]
        ),
        (
            metric("name: a\nkind: gauge\nvalue: x\n") + "\n  - {name: a, kind: gauge, value: y}",
            [
                "q.yaml:9:5: queries[0].metrics[1]: \"a\" stands twice in this query with the same labels, first at q.yaml:5:5"
            ]
        ),
        (
            """
            queries:
            - {name: q, query: SELECT 1, metrics: [{name: a, kind: gauge, value: v}]}
            - {name: q, query: SELECT 1, metrics: [{name: a, kind: counter, value: v}]}
            """,
            [
                "q.yaml:3:3: queries[1]: the query \"q\" is defined twice, first at q.yaml:2:3",
                "q.yaml:3:40: queries[1].metrics[0]: \"a\" is a counter here and a gauge at q.yaml:2:40",
            ]
        ),
    ]

    @Test(arguments: cases)
    func mistakesAreNamedWithTheirPlace(_ text: String, _ expected: [String]) {
        #expect(parse(text).problems == expected)
    }

    @Test func brokenYAMLIsNamedWithItsPlace() {
        let (queries, problems) = parse("queries:\n- name: [\n")
        #expect(queries == [])
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("q.yaml:3:1: not YAML: ") == true)
    }

    @Test func allMistakesOfAFileAreNamedAtOnce() {
        let (_, problems) = parse(
            """
            queries:
            - {name: a, query: SELECT 1, metrics: [{name: 1, kind: gauge, value: v}], tiemout: 5s}
            - {name: b, metrics: [{name: m, kind: gouge, value: v}]}
            """
        )
        #expect(problems.count == 4)
    }

    @Test func theNumberOfQueriesAndMetricsIsBounded() {
        let queries = (0...QueryFile.maximumQueries).map {
            "- {name: q\($0), query: SELECT 1, metrics: [{name: m\($0), kind: gauge, value: v}]}"
        }
        let many = parse("queries:\n" + queries.joined(separator: "\n"))
        #expect(many.problems == ["q.yaml:502:3: queries[500]: more than 500 queries in one file"])
        #expect(many.queries.count == QueryFile.maximumQueries)
        let metrics = (0...QueryFile.maximumMetrics).map { "  - {name: m\($0), kind: gauge, value: v}" }
        let wide = parse("queries:\n- name: q\n  query: SELECT 1\n  metrics:\n" + metrics.joined(separator: "\n"))
        #expect(wide.problems == ["q.yaml:5005:5: queries[0].metrics[5000]: more than 5000 metrics in one file"])
    }

    @Test func labelsAreBounded() {
        let labels = (0..<65).map { "l\($0)" }.joined(separator: ", ")
        let (_, problems) = parse(Self.metric("name: a\nkind: gauge\nvalue: x\nlabels: [\(labels)]"))
        #expect(problems == ["q.yaml:5:5: queries[0].metrics[0]: more than 64 labels"])
    }

    @Test func aMissingFileAndADirectoryAreProblems() {
        let problems = ProblemListBox()
        #expect(QueryFile.read("/nonexistent/q.yaml", defaultPrefix: "", problems: problems.list) == [])
        #expect(QueryFile.read("/tmp", defaultPrefix: "", problems: problems.list) == [])
        #expect(
            problems.descriptions == [
                "/nonexistent/q.yaml:1:1: cannot be read: No such file or directory",
                "/tmp:1:1: cannot be read: not a regular file",
            ]
        )
    }
}
