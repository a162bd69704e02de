import TestSupport
import Testing

extension IntegrationTests {
    /// A real Prometheus scrapes the agent while databases come, go, die and come back.
    @Suite(
        .enabled(
            if: Requirement.areMet(.postgres, .prometheus),
            "\(Requirement.postgres.explanation); \(Requirement.prometheus.explanation)"
        )
    )
    struct PrometheusTests {
        @Test("Prometheus sees databases come, go, die and return, and never an invalid page")
        func lifeOfAFleet() async throws {
            let clusters = try await PostgresFleet.shared.clusters()
            let all = zip(PostgresFleet.names, clusters).map { (name: $0, port: $1.port) }
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: PostgresFleet.stockQueries, poll: "1h"),
                services: PostgresFleet.list(Array(all.dropLast()))
            )
            let prometheus = try await PrometheusServer.start(
                scraping: [.init("muster", targets: ["127.0.0.1:\(agent.port)"])]
            )
            try await waitUntil("two databases are up") {
                let page = try await agent.page()
                return page.isUp("alpha") && page.isUp("beta") && page.samples("pg_stat_database_xact_commit").count > 3
            }

            try await appearAndVanish(agent, all)
            try await waitUntil("Prometheus scrapes", within: .seconds(60)) {
                try await prometheus.value("up{job=\"muster\"}") == 1
            }
            try await killAndRestart(agent, clusters[1], prometheus)

            try await waitUntil("Prometheus has the series of all three", within: .seconds(60)) {
                try await prometheus.value("count(count by (service) (pg_stat_database_xact_commit))") == 3
            }
            try await waitUntil("Prometheus has scraped often", within: .seconds(60)) {
                (try await prometheus.value("count_over_time(up{job=\"muster\"}[5m])") ?? 0) >= 5
            }
            // Not one scrape failed, and Prometheus left out nothing.
            #expect(try await prometheus.value("min_over_time(up{job=\"muster\"}[5m])") == 1)
            #expect(try await prometheus.query("pg_up{service=\"alpha\"}").first?.labels["host"] == "127.0.0.1")
            #expect(try await prometheus.value("min_over_time(muster_service_up{service=\"alpha\"}[5m])") == 1)
            #expect(try await prometheus.value("min_over_time(muster_service_up{service=\"beta\"}[5m])") == 0)
            #expect(try await prometheus.value("muster_service_up{service=\"beta\"}") == 1)
            #expect(!prometheus.logTail.contains("append failed"), "\(prometheus.logTail)")
        }

        private func appearAndVanish(_ agent: MusterAgent, _ all: [(name: String, port: Int)]) async throws {
            // The list is read again every hour: what shows was seen at once.
            try agent.write(PostgresFleet.list(all), to: "services.yaml")
            try await waitUntil("the third is there") {
                try await agent.page().value("pg_up", ["service": "gamma"]) == 1
            }

            try agent.write(PostgresFleet.list(Array(all.dropLast())), to: "services.yaml")
            try await waitUntil("the third is gone") {
                let page = try await agent.page()
                return page.samples.allSatisfy { $0.labels["service"] != "gamma" }
            }
            let page = try await agent.page()
            #expect(page.services("pg_up") == ["alpha", "beta"])
            #expect(page.isUp("alpha") && page.isUp("beta"))

            try agent.write(PostgresFleet.list(all), to: "services.yaml")
            try await waitUntil("the third is there again") { try await agent.page().isUp("gamma") }
        }

        private func killAndRestart(_ agent: MusterAgent, _ cluster: PostgresCluster, _ prometheus: PrometheusServer)
            async throws
        {
            let watch = try await AgeWatch.watch(agent, services: ["alpha", "gamma"]) {
                cluster.kill()
                try await waitUntil("the killed one is down") { try await !agent.page().isUp("beta") }
                let service = try await agent.service("beta")
                #expect(service.collection?.lastError != nil)
                try await waitUntil("its samples are gone, but for pg_up") {
                    let page = try await agent.page()
                    return page.value("pg_up", ["service": "beta"]) == 0
                        && page.samples("pg_stat_database_xact_commit", ["service": "beta"]).isEmpty
                }
                let generation = service.generation
                try await waitUntil("Prometheus knows that it is down") {
                    try await prometheus.value("muster_service_up{service=\"beta\"}") == 0
                }
                try await cluster.start()
                try await waitUntil("it is back by itself") { try await agent.page().isUp("beta") }
                let after = try await agent.service("beta")
                #expect(after.generation == generation)
                // Each database has a connection of its own, which comes back by itself.
                try await waitUntil("all of it is back") {
                    try await agent.service("beta").collection?.lastError == nil
                }
            }
            #expect(watch.pages > 1)
            for (service, age) in watch.worst { #expect(age < AgeWatch.limit, "\(service) was \(age) s old") }
        }
    }
}
