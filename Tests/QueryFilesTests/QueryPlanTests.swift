import QueryFiles
import Settings
import Testing

@Suite struct QueryPlanTests {
    private static let file = """
        queries:
        - {name: a, query: SELECT 1, metrics: [{name: a, kind: gauge, value: v}]}
        - {name: b, query: SELECT 1, interval: 1m, timeout: 30s, metrics: [{name: b, kind: gauge, value: v}]}
        - {name: c, query: SELECT 1, interval: 15s, timeout: 1s, when: {version: ">=17", role: standby},
           metrics: [{name: c, kind: gauge, value: v}]}
        - {name: d, query: SELECT 1, when: {database: "app_[a-z]+", extension: [x, y]},
           metrics: [{name: d, kind: gauge, value: v}]}
        """

    private var plan: QueryPlan {
        QueryPlan(parse(Self.file).queries, interval: .seconds(15), timeout: .seconds(10), queryTimeout: .seconds(5))
    }

    @Test func queriesOfOneIntervalAreOneGroup() {
        let groups = plan.groups
        #expect(groups.map(\.name) == ["queries-15s", "queries-1m"])
        #expect(groups.map(\.interval) == [.seconds(15), .seconds(60)])
        #expect(groups.map { $0.queries.map(\.definition.name) } == [["a", "c", "d"], ["b"]])
        #expect(groups.map { $0.queries.map(\.timeout) } == [[.seconds(5), .seconds(1), .seconds(5)], [.seconds(30)]])
        #expect(groups.map(\.timeout) == [.seconds(10), .seconds(30)])
    }

    @Test func conditionsAreAskedForEachServer() throws {
        let group = try #require(plan.groups.first)
        let old = ServerFacts(version: ServerVersion(16), isPrimary: false, database: "app_x", extensions: ["x", "y"])
        #expect(group.queries(on: old).map(\.definition.name) == ["a", "d"])
        let new = ServerFacts(version: ServerVersion(17), isPrimary: false, database: "app_x1", extensions: ["x", "y"])
        #expect(group.queries(on: new).map(\.definition.name) == ["a", "c"])
    }

    @Test func everyReasonIsNamed() {
        let facts = ServerFacts(version: ServerVersion(16, 2), isPrimary: nil, database: "my_app_x", extensions: ["y"])
        let explanations = plan.explain(facts)
        #expect(explanations.map(\.query) == ["a", "c", "d", "b"])
        #expect(explanations.map(\.isRun) == [true, false, false, true])
        #expect(
            explanations[1].reasons == [
                "version 16.2.0 is not in \">=17\"", "the server is of unknown role, not a standby",
            ]
        )
        #expect(
            explanations[2].reasons == [
                "the database \"my_app_x\" does not match \"app_[a-z]+\"", "\"x\" is not installed",
            ]
        )
        #expect(explanations[1].position.line == 4)
    }

    @Test func disabledQueriesAreExplainedAndNeverRun() {
        let plan = QueryPlan(
            parse("a: {query: '', cache_seconds: 5}").queries,
            interval: .seconds(15),
            timeout: .seconds(10)
        )
        #expect(plan.groups.isEmpty)
        let explanations = plan.explain(ServerFacts(version: ServerVersion(17)))
        #expect(explanations.map(\.reasons) == [["it is disabled by an empty query"]])
    }

    @Test func cacheSecondsOnlyMakeTheIntervalLonger() {
        let file = "a: {query: SELECT 1, cache_seconds: 30, metrics: [{b: {usage: GAUGE}}]}"
        for (template, expected) in [(15, 30), (60, 60)] {
            let plan = QueryPlan(parse(file).queries, interval: .seconds(template), timeout: .seconds(10))
            #expect(plan.groups.map(\.interval) == [.seconds(expected)])
        }
    }
}
