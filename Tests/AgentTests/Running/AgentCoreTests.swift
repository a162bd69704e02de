import Discovery
import Dispatching
import Logging
import TestSupport
import Testing

@testable import Agent

/// The whole agent in this process.
@Suite(.serialized, .timeLimit(.minutes(3))) struct AgentCoreTests {
    private func store(_ fixture: AgentFixture) throws -> StateStore {
        try StateStore(StateConfiguration(directory: fixture.folder.path("state")), logger: fixture.logs.logger)
    }

    @Test func everyChangeIsInTheHistoryTheShutdownIncluded() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: (1...20).map { fixture.host("h\($0)", ", port: \($0)") }.joined())
        let store = try store(fixture)
        defer { store.close() }
        try await fixture.run(history: store) { try await $0.monitors(20) }
        let kinds = Dictionary(grouping: try await store.latest(limit: 100), by: \.kind).mapValues(\.count)
        #expect(kinds == ["registered": 20, "unregistered": 20])
        #expect(fixture.logs.lines("A service is let go").count == 20)
        #expect(fixture.logs.lines.allSatisfy { $0.level < .warning }, "\(fixture.logs.text)")
    }

    @Test func everyExporterIsClosedAtShutdown() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + fixture.host("b"))
        let counts = try await fixture.run { agent in
            try await agent.monitors(2)
            return agent.core.registry
        }.counts
        #expect(counts.created == 2)
        #expect(counts.closed == 2)
        #expect(counts.open == 0)
    }

    @Test func aChangedLabelShowsWithoutANewExporter() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a", ", labels: {env: test}"))
        try await fixture.run { agent in
            try await agent.monitors(1)
            let generation = agent.core.report().services.first?.generation
            try fixture.write(services: fixture.host("a", ", labels: {env: prod}"))
            try await waitUntil("the label has changed") {
                let page = try await agent.get("/metrics").text
                return page.contains("node_load1{env=\"prod\"") && page.contains("muster_service_up{env=\"prod\"")
                    && !page.contains("env=\"test\"")
            }
            #expect(agent.core.report().services.first?.generation == generation)
            #expect(agent.core.registry.counts.created == 1)
        }
    }

    @Test func anAddedServiceAppearsAndARemovedOneVanishesWholly() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + fixture.host("b"))
        try await fixture.run { agent in
            try await agent.monitors(2)
            try fixture.write(services: fixture.host("a") + fixture.host("c"))
            try await waitUntil("c has come and b is gone") {
                let page = try await agent.get("/metrics").text
                return page.contains("service=\"c\"") && !page.contains("service=\"b\"")
            }
        }
    }

    @Test func changesOfStateAreOneLineEachAndTicksAreNone() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + "- {name: lost, address: x, tags: [none]}\n- {nam: x}\n")
        try await fixture.run { agent in
            try await agent.monitors(1)
            let polls = try #require(agent.core.dispatcher.status().sources.first).polls
            try await waitUntil("some more polls") {
                (agent.core.dispatcher.status().sources.first?.polls ?? 0) > polls + 3
            }
        }
        let lines = fixture.logs.lines.filter { $0.level >= .info && $0.metadata["sl-service"] == nil }
        #expect(lines.filter { $0.message == "A service is monitored" }.count == 1)
        let left = lines.filter { $0.message == "A part of the list is left out" }
        #expect(Set(left.map { $0.metadata["error"] }).count == left.count)
        #expect(left.allSatisfy { $0.metadata["source"] == "local" })
        #expect(lines.count < 10, "\(fixture.logs.text)")
    }

    @Test func anAddressInUseIsOneClearError() async throws {
        let fixture = try AgentFixture()
        try await fixture.run { agent in
            let core = try fixture.core()
            let server = WebServer(
                configuration: WebConfiguration(port: agent.port),
                view: core,
                logger: fixture.logs.logger
            ) { _ in }
            let error = await #expect(throws: AgentError.self) { try await server.run() }
            #expect(error?.description == "cannot listen on 127.0.0.1:\(agent.port): Address already in use")
        }
    }

    @Test(arguments: ["no such host.invalid", "256.1.1.1"])
    func anAddressThatIsNoneIsOneClearError(_ host: String) async throws {
        let fixture = try AgentFixture()
        let configuration = WebConfiguration(host: host, port: 1)
        let core = try fixture.core()
        let server = WebServer(configuration: configuration, view: core, logger: fixture.logs.logger) { _ in }
        let error = await #expect(throws: AgentError.self) { try await server.run() }
        let text = try #require(error).description
        #expect(text.hasPrefix("cannot listen on \(host):1: "))
        #expect(!text.contains("\n"))
        #expect(text.contains("Name or service not known"), "\(text)")
    }

    @Test func anAgentThatIsNotReadySaysSo() async throws {
        let fixture = try AgentFixture()
        #expect(try fixture.core().isReady == false)
    }
}
