import Foundation
import TestSupport
import Testing

extension IntegrationTests {
    /// From a database to whoever is called at night.
    @Suite(
        .enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"),
        .enabled(if: Requirement.alertmanager.isMet, "\(Requirement.alertmanager.explanation)")
    )
    struct SurgeTests {
        private static let queries = """
            queries:
            - name: load
              query: SELECT count(*) AS n FROM pg_stat_activity WHERE application_name = '\(FluctuatingLoad.applicationName)'
              metrics: [{name: test_connections, kind: gauge, value: n}]
            """

        private static func configuration(alertmanager: String) -> String {
            """
            name: test
            discovery:
              interval: 500ms
              sources:
              - name: local
                file: {paths: [services.yaml]}
            exporters:
            - name: pg
              match: {tags: [postgres]}
              interval: 100ms
              postgres: {user: postgres, database: postgres, sslmode: disable, queries: [queries.yaml]}
            exporting:
              modules:
              - name: pager
                alertmanager: {address: "\(alertmanager)"}
            analysis:
              spot:
              - name: connections
                match: {metric: test_connections}
                depth: 50
                n_init: 200
                level: 0.9
                q: 0.000001
                resolve_after: 2s
            """
        }

        /// `/api/v1/alerts`, as far as the test looks at it.
        private struct Alerts: Decodable {
            struct Alert: Decodable {
                var status: String
                var stat: String
                var service: String
                var value: Double
                var code: Int
                var confidence: String
            }

            var firing: [Alert]
            var resolved: [Alert]
        }

        private func alerts(_ agent: MusterAgent) async throws -> Alerts {
            try JSONDecoder().decode(Alerts.self, from: Data(try await agent.get("/api/v1/alerts").body))
        }

        @Test("A surge of connections is one alert, which Alertmanager shows firing and then resolved")
        func surge() async throws {
            let cluster = try await PostgresCluster.start()
            let alertmanager = try await AlertmanagerServer.start()
            let load = FluctuatingLoad(port: cluster.port, seed: 11)
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { await load.run() }
                let agent = try await MusterAgent.start(
                    configuration: Self.configuration(alertmanager: alertmanager.url),
                    services: PostgresFleet.list([("orders", cluster.port)]),
                    files: ["queries.yaml": Self.queries]
                )
                try await waitUntil("the detector has learned what is usual", within: .seconds(120)) {
                    let page = try await agent.page()
                    return page.value("muster_spot_detectors", ["state": "running"]) == 1
                        || page.value("muster_spot_detectors", ["state": "low_confidence"]) == 1
                }
                #expect(try await alerts(agent).firing.isEmpty)
                #expect(try await agent.page().samples("muster_spot_threshold", ["tail": "up"]).count == 1)

                try await load.begin(surge: 40)
                try await waitUntil("Alertmanager shows that it is firing") {
                    try await alertmanager.alerts().contains { $0.labels["stat"] == "test_connections" }
                }
                let shown = try #require(try await alertmanager.alerts().first)
                #expect(shown.labels["service"] == "orders")
                #expect(try await alertmanager.alerts().count == 1)
                await load.endSurge()

                try await waitUntil("Alertmanager shows nothing any more") { try await alertmanager.alerts().isEmpty }
                let told = try await alerts(agent)
                #expect(told.firing.isEmpty)
                let alert = try #require(told.resolved.first)
                #expect(told.resolved.count == 1)
                #expect(alert.status == "UP_ALERT")
                #expect(alert.code == 1)
                #expect(alert.stat == "test_connections")
                #expect(alert.value > 8)
                group.cancelAll()
            }
        }
    }
}
