import ExporterKit
import PostgresClient
import QueryFiles
import Settings
import Testing

@testable import PostgresExporter

@Suite struct CollectionTests {
    private func group() throws -> QueryGroup {
        let problems = ProblemList()
        let queries = QueryFile.parse(
            """
            queries:
            - {name: a, query: SELECT 1 AS x, metrics: [{name: a, kind: gauge, value: x}]}
            - {name: b, query: SELECT 1 AS x, when: {role: primary}, metrics: [{name: b, kind: gauge, value: x}]}
            - {name: c, query: SELECT 1 AS x, when: {role: standby}, metrics: [{name: c, kind: gauge, value: x}]}
            - {name: d, query: SELECT 1 AS x, metrics: [{name: d, kind: gauge, value: x}]}
            """,
            file: "q.yaml",
            defaultPrefix: "postgres",
            problems: problems
        )
        #expect(problems.isEmpty)
        let plan = QueryPlan(queries, interval: .seconds(15), timeout: .seconds(10))
        return QueryGroup(try #require(plan.groups.first), isBase: true)
    }

    private func facts(isPrimary: Bool) -> ServerFacts { ServerFacts(version: ServerVersion(15), isPrimary: isPrimary) }

    @Test func whatIsNotForTheServerHasNoPart() throws {
        var collection = Collection(group: try group(), facts: nil)
        collection.plan(for: facts(isPrimary: true))
        #expect(collection.waiting == [0, 1, 3])
        collection.add(MetricBatch.Part(name: "a"), of: 0)
        collection.fail(PostgresError(code: .cannotConnect, message: "gone"))
        #expect(collection.parts().map(\.name) == ["a", "b", "d"])
        #expect(collection.parts().map(\.error) == [nil, "gone", "gone"])
    }

    @Test func aPromotionDropsAndAdds() throws {
        var collection = Collection(group: try group(), facts: nil)
        collection.plan(for: facts(isPrimary: false))
        #expect(collection.waiting == [0, 2, 3])
        for query in collection.waiting {
            collection.add(MetricBatch.Part(name: collection.group.name(of: query)), of: query)
        }
        collection.plan(for: facts(isPrimary: true))
        #expect(collection.waiting == [1])
        collection.add(MetricBatch.Part(name: "b"), of: 1)
        #expect(collection.parts().map(\.name) == ["a", "b", "d"])
    }

    @Test func theQueryThatUsedTheTimeIsNamedAndRunsLastNextTime() throws {
        let group = try group()
        var collection = Collection(group: group, facts: nil)
        collection.plan(for: facts(isPrimary: true))
        collection.noteAnswer()
        collection.fail(PostgresError(code: .tooLarge, message: "too much"))
        #expect(
            collection.parts().map(\.error) == [
                "too much", "not run, because of a: too much", "not run, because of a: too much",
            ]
        )
        var next = Collection(group: group, facts: nil)
        next.plan(for: facts(isPrimary: true))
        #expect(next.waiting == [1, 3, 0])
    }

    @Test func aServerThatNeverAnsweredBlamesNoQuery() throws {
        let group = try group()
        var collection = Collection(group: group, facts: facts(isPrimary: true))
        collection.fail(PostgresError(code: .cannotConnect, message: "gone"))
        #expect(!collection.hasAnswers)
        #expect(collection.parts().allSatisfy { $0.error == "gone" })
        var next = Collection(group: group, facts: nil)
        next.plan(for: facts(isPrimary: true))
        #expect(next.waiting == [0, 1, 3])
    }
}
