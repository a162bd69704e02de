import TestSupport
import Testing

extension IntegrationTests {
    /// Query files that are wrong, or change while they are in use.
    @Suite(.enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"))
    struct QueryFileTests {
        private static func queries(_ sql: String, name: String = "test_b") -> String {
            """
            queries:
            - name: good
              query: SELECT 1 AS one
              metrics: [{name: test_a, kind: gauge, value: one}]
            - name: other
              query: \(sql)
              metrics: [{name: \(name), kind: gauge, value: one}]
            """
        }

        @Test("A wrong query reports itself and costs only itself; the file can be mended while in use")
        func wrongQuery() async throws {
            let cluster = try await PostgresFleet.shared.clusters()[0]
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: "queries.yaml"),
                services: PostgresFleet.list([("orders", cluster.port)]),
                files: ["queries.yaml": Self.queries("SELECT one FROM nowhere")]
            )
            try await waitUntil("the good query is on the page") {
                try await agent.page().value("test_a", ["service": "orders"]) == 1
            }
            let before = try await agent.service("orders")
            let parts = before.collection?.failingParts ?? [:]
            #expect(parts.keys.sorted() == ["other"])
            #expect(parts["other"]?.contains("nowhere") == true)
            #expect(before.collection?.up == true)
            #expect(try await agent.page().value("pg_up") == 1)
            #expect(try await agent.page().samples("test_b").isEmpty)
            #expect(try await agent.get("/").text.contains("nowhere"))

            let readings = try await PageLoop.run(agent, reading: { $0.samples("test_a").count }) {
                try agent.write(Self.queries("SELECT 2 AS one"), to: "queries.yaml")
                try await waitUntil("the mended query is on the page") {
                    try await agent.page().value("test_b", ["service": "orders"]) == 2
                }
            }
            #expect(readings.allSatisfy { $0 == 1 })
            let after = try await agent.service("orders")
            #expect(after.generation != before.generation)
            #expect(after.collection?.failingParts == [:])
        }

        @Test("A query file that breaks while in use leaves the exporter as it is and says why")
        func brokenFile() async throws {
            let cluster = try await PostgresFleet.shared.clusters()[0]
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: "queries.yaml"),
                services: PostgresFleet.list([("orders", cluster.port)]),
                files: ["queries.yaml": Self.queries("SELECT 2 AS one")]
            )
            try await waitUntil("the service is on the page") { try await agent.page().value("test_b") == 2 }
            let readings = try await PageLoop.run(agent, reading: { $0.samples("test_b").count }) {
                try agent.write(Self.queries("SELECT 3 AS one", name: "\"\""), to: "queries.yaml")
                try await waitUntil("the reason is told, with its place") {
                    try await agent.service("orders").setupError?.contains("queries.yaml:") == true
                }
                try agent.write(Self.queries("SELECT 4 AS one"), to: "queries.yaml")
                try await waitUntil("the mended file is in use") { try await agent.page().value("test_b") == 4 }
            }
            #expect(readings.allSatisfy { $0 == 1 })
        }

        @Test("A slow query is cut off, and costs only itself")
        func slowQuery() async throws {
            let cluster = try await PostgresFleet.shared.clusters()[0]
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: "queries.yaml"),
                services: PostgresFleet.list([("orders", cluster.port)]),
                files: ["queries.yaml": Self.queries("SELECT 1 AS one FROM pg_sleep(60)")]
            )
            try await waitUntil("the good query is on the page") {
                try await agent.page().value("test_a", ["service": "orders"]) == 1
            }
            let service = try await agent.service("orders")
            #expect(service.collection?.failingParts["other"] != nil || service.collection?.lastError != nil)
            let sleeping =
                "SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND query LIKE '%pg_sleep(60)%'"
            #expect(Int(try await cluster.psql(sleeping)) ?? 9 <= 2)
            try await agent.server.stop()
            try await waitUntil("nothing is left at the server") { try await cluster.psql(sleeping) == "1" }
        }
    }
}
