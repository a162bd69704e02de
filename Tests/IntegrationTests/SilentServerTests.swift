import TestSupport
import Testing

extension IntegrationTests {
    /// Databases that accept connections and never answer.
    @Suite(.enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"))
    struct SilentServerTests {
        @Test("A server that never answers delays no other and shows an error")
        func mute() async throws {
            let clusters = try await PostgresFleet.shared.clusters()
            let mute = try MuteServer()
            let all = zip(PostgresFleet.names, clusters).map { (name: $0, port: $1.port) }
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: PostgresFleet.stockQueries),
                services: PostgresFleet.list(all)
            )
            try await waitUntil("all are up") {
                let page = try await agent.page()
                return PostgresFleet.names.allSatisfy(page.isUp)
            }
            let watch = try await AgeWatch.watch(agent, services: PostgresFleet.names) {
                try agent.write(PostgresFleet.list(all + [("silent", mute.port)]), to: "services.yaml")
                try await waitUntil("the silent one shows an error") {
                    try await agent.service("silent").setupError != nil
                }
                try await waitUntil("it is tried again") { mute.acceptedCount >= 3 }
            }
            for (service, age) in watch.worst { #expect(age < AgeWatch.limit, "\(service) was \(age) s old") }
            let error = try await agent.service("silent").setupError ?? ""
            #expect(error.contains("timed out"), "\(error)")
            let page = try await agent.page()
            #expect(page.value("muster_service_up", ["service": "silent"]) == 0)
            #expect(page.value("muster_services", ["state": "registered"]) == 3)
            mute.stop()
        }

        @Test("A server that stops answering is down within an interval, delays no other, and returns by itself")
        func paused() async throws {
            let clusters = try await PostgresFleet.shared.clusters()
            let all = zip(PostgresFleet.names, clusters).map { (name: $0, port: $1.port) }
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: PostgresFleet.stockQueries),
                services: PostgresFleet.list(all)
            )
            try await waitUntil("all are up") {
                let page = try await agent.page()
                return PostgresFleet.names.allSatisfy(page.isUp)
            }
            let watch = try await AgeWatch.watch(agent, services: ["alpha", "beta"]) {
                clusters[2].pause()
                defer { clusters[2].resume() }
                try await waitUntil("the paused one is down") { try await !agent.page().isUp("gamma") }
                #expect(try await agent.service("gamma").collection?.lastError?.contains("timed out") == true)
            }
            for (service, age) in watch.worst { #expect(age < AgeWatch.limit, "\(service) was \(age) s old") }
            try await waitUntil("it is back by itself") { try await agent.page().isUp("gamma") }
        }

        @Test("The agent ends soon though servers hang")
        func endsSoon() async throws {
            let mute = try MuteServer()
            let agent = try await MusterAgent.start(
                configuration: PostgresFleet.configuration(queries: PostgresFleet.stockQueries),
                services: PostgresFleet.list((0..<20).map { ("silent-\($0)", mute.port) })
            )
            try await waitUntil("it is being connected to") { mute.acceptedCount > 0 }
            // It is killed, and says so, if it does not end in time.
            #expect(try await agent.server.stop() == .exited(0))
            #expect(!agent.server.logTail.contains("left alone"), "\(agent.server.logTail)")
            mute.stop()
        }
    }
}
