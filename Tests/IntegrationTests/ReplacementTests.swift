import TestSupport
import Testing

extension IntegrationTests {
    /// Services that change while they are watched.
    @Suite(.enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"))
    struct ReplacementTests {
        private static let queries = """
            queries:
            - name: where
              query: SELECT current_database() AS db, 1 AS one
              labels: [db]
              metrics: [{name: test_database, kind: gauge, value: one}]
            """

        /// What of a service is on a page.
        private struct Reading: Sendable, Hashable {
            var ups: [Double]
            var versions: Int
            var databases: [String]

            init(_ page: Page) {
                ups = page.samples("pg_up", ["service": "orders"]).map(\.value)
                versions = page.samples("pg_static", ["service": "orders"]).count
                databases = page.samples("test_database", ["service": "orders"]).compactMap { $0.labels["db"] }
            }

            /// Whether the service is there, whole, once.
            var isWhole: Bool { ups == [1] && versions == 1 && databases.count == 1 }
        }

        @Test("A changed password is taken over without a gap in the page")
        func password() async throws {
            let cluster = try await PostgresCluster.start(.init(password: "first-secret"))
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: "queries.yaml", password: "{file: password}"),
                services: PostgresFleet.list([("orders", cluster.port)]),
                files: ["queries.yaml": Self.queries, "password": "first-secret\n"]
            )
            try await waitUntil("the database is up") { Reading(try await agent.page()).isWhole }
            let before = try await agent.service("orders")

            let readings = try await PageLoop.run(agent, reading: Reading.init) {
                // A wrong password: the exporter that is connected goes on, and the reason is told.
                try agent.write("wrong-secret\n", to: "password")
                try await waitUntil("the wrong password is refused") {
                    try await agent.service("orders").setupError?.contains("password") == true
                }
                try await cluster.psql("ALTER ROLE postgres PASSWORD 'second-secret'")
                try agent.write("second-secret\n", to: "password")
                try await waitUntil("a new exporter has taken over") {
                    let now = try await agent.service("orders")
                    return now.generation != before.generation && now.hash != before.hash && now.state == "registered"
                }
                try await cluster.psql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE client_port > 0")
                try await waitUntil("nothing is connected twice") {
                    try await cluster.psql(
                        "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'muster'"
                    ) == "1"
                }
            }
            // After backends were terminated, one collection may see that; the takeover itself leaves no gap.
            let gaps = readings.filter { $0.ups.count != 1 }
            #expect(gaps.isEmpty, "\(gaps.count) of \(readings.count)")
            let text = try await agent.get("/api/v1/services").text + agent.log() + agent.get("/").text
            #expect(!text.contains("-secret"))
            try await waitUntil("the database is up") { Reading(try await agent.page()).isWhole }
        }

        @Test("A changed database is taken over without a gap; one that does not exist leaves the old exporter")
        func database() async throws {
            let cluster = try await PostgresFleet.shared.clusters()[0]
            try await cluster.psql("DROP DATABASE IF EXISTS app")
            try await cluster.psql("CREATE DATABASE app")
            let list = [(name: "orders", port: cluster.port)]
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: "queries.yaml"),
                services: PostgresFleet.list(list),
                files: ["queries.yaml": Self.queries]
            )
            try await waitUntil("the database is up") { Reading(try await agent.page()).isWhole }

            let readings = try await PageLoop.run(agent, reading: Reading.init) {
                try agent.write(PostgresFleet.list(list, options: "{database: nowhere}"), to: "services.yaml")
                try await waitUntil("the reason is told") {
                    try await agent.service("orders").setupError?.contains("nowhere") == true
                }
                try agent.write(PostgresFleet.list(list, options: "{database: app}"), to: "services.yaml")
                try await waitUntil("the other database is exported") {
                    Reading(try await agent.page()).databases == ["app"]
                }
            }
            let broken = readings.filter { !$0.isWhole }
            #expect(broken.isEmpty, "\(broken.count) of \(readings.count): \(broken.prefix(3))")
            let databases = readings.flatMap(\.databases)
            #expect(Set(databases) == ["postgres", "app"])
            // Once changed it stays changed.
            #expect(databases == databases.sorted(by: >))
            #expect(try await agent.service("orders").setupError == nil)
        }

        @Test("Changed labels show at once, and the exporter stays open")
        func labels() async throws {
            let cluster = try await PostgresFleet.shared.clusters()[0]
            let entry = "name: orders, address: 127.0.0.1, port: \(cluster.port), tags: [postgres]"
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: "queries.yaml")
                    .replacing("  interval: 1s", with: "  labels: {env: \"${label.env:-none}\"}\n  interval: 1s"),
                services: "services:\n- {\(entry), labels: {env: test}}\n",
                files: ["queries.yaml": Self.queries]
            )
            try await waitUntil("the label shows") {
                try await agent.page().value("test_database", ["env": "test"]) == 1
            }
            let generation = try await agent.service("orders").generation
            let readings = try await PageLoop.run(agent, reading: Reading.init) {
                try agent.write("services:\n- {\(entry), labels: {env: prod}}\n", to: "services.yaml")
                try await waitUntil("the new label shows") {
                    try await agent.page().value("test_database", ["env": "prod"]) == 1
                }
            }
            #expect(readings.allSatisfy { $0.isWhole })
            #expect(try await agent.service("orders").generation == generation)
        }
    }
}
