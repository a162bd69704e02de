import TestSupport
import Testing

extension IntegrationTests {
    /// Lists of services that cannot be right.
    @Suite struct SuspiciousListTests {
        private static let names = ["a", "b", "c", "d"]
        private static let list =
            "services:\n" + names.map { "- {name: \($0), address: localhost, tags: [host]}\n" }.joined()

        private func start() async throws -> MusterAgent {
            let agent = try await MusterAgent.start(
                configuration: """
                    discovery: {interval: 300ms, sources: [{name: local, file: {paths: [services.yaml]}}]}
                    exporters: [{name: host, match: {tags: [host]}, interval: 1s, host: {}}]
                    """,
                services: Self.list
            )
            try await waitUntil("all services are on the page") {
                try await agent.page().services("node_load1") == Set(Self.names)
            }
            return agent
        }

        @Test("An emptied list is held until a person confirms it")
        func emptied() async throws {
            let agent = try await start()
            try agent.write("services: []\n", to: "services.yaml")
            try await waitUntil("the removal is held") { try await agent.source().heldRemovals == 4 }
            let begin = ContinuousClock.now
            let readings = try await PageLoop.run(agent, reading: { $0.services("node_load1") }) {
                // Several polls.
                try await waitUntil("time passes") { begin.duration(to: .now) > .seconds(1) }
            }
            #expect(readings.allSatisfy { $0 == Set(Self.names) })
            #expect(try await agent.services().filter(\.isHeld).count == 4)
            #expect(try await agent.get("/").text.contains("held"))
            #expect(try await agent.page().value("muster_source_held_removals", ["source": "local"]) == 4)

            let answer = try await HTTP.request("POST", "\(agent.url)/-/confirm-removals")
            #expect(answer.status == 200 && answer.text.contains("4"))
            try await waitUntil("they are gone") {
                let page = try await agent.page()
                return page.samples("node_load1").isEmpty && page.samples("muster_service_up").isEmpty
            }
            #expect(try await agent.services().isEmpty)
            #expect(try await agent.page().value("muster_exporters") == 0)
        }

        @Test("What is held and comes back stays as it was")
        func comesBack() async throws {
            let agent = try await start()
            let generations = try await agent.services().map(\.generation)
            try agent.write("services: []\n", to: "services.yaml")
            try await waitUntil("the removal is held") { try await agent.source().heldRemovals == 4 }
            try agent.write(Self.list, to: "services.yaml")
            try await waitUntil("nothing is held") { try await agent.source().heldRemovals == 0 }
            #expect(try await agent.services().map(\.generation) == generations)
        }

        @Test(
            "A broken file keeps its last list and says so",
            arguments: [
                "services:\n- {name: a, address: localhost, tags: [host]}\n- {name: b, addr", "services:\n", "", "{{{",
                "services: 5\n", "\u{0}\u{1}\u{2}",
            ]
        )
        func broken(text: String) async throws {
            let agent = try await start()
            let generations = try await agent.services().map(\.generation)
            try agent.write(text, to: "services.yaml")
            try await waitUntil("the problem is told") {
                let source = try await agent.source()
                return !source.problems.isEmpty || source.lastError != nil
            }
            #expect(try await agent.page().services("node_load1") == Set(Self.names))
            #expect(try await agent.services().map(\.generation) == generations)
            #expect(try await agent.source().heldRemovals == 0)
            try agent.write(Self.list, to: "services.yaml")
            try await waitUntil("all is well") {
                let source = try await agent.source()
                return source.problems.isEmpty && source.lastError == nil
            }
            #expect(try await agent.services().map(\.generation) == generations)
        }

        @Test("One bad entry costs that entry, not its neighbours")
        func badEntry() async throws {
            let agent = try await start()
            try agent.write(Self.list.replacing("name: b", with: "nmae: b"), to: "services.yaml")
            try await waitUntil("the entry is gone") {
                try await agent.page().services("node_load1") == ["a", "c", "d"]
            }
            let problems = try await agent.source().problems
            #expect(problems.contains { $0.contains("nmae") && $0.contains("services.yaml:3:") }, "\(problems)")
        }
    }
}
