import Foundation
import TestSupport
import Testing

@testable import Agent

/// The commands that look once and end.
@Suite(.serialized, .timeLimit(.minutes(3))) struct CommandTests {
    @Test func discoverSaysWhatEachServiceMatchesOrWhyNone() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a", ", port: 80") + "- {name: lost, address: x}\n- {name: y}\n")
        let result = try await DiscoverCommand(configurationFile: fixture.file).run()
        #expect(result.lines.map(\.service) == ["a", "lost"])
        #expect(result.lines.map(\.exporter) == ["machine", nil])
        #expect(result.errors.count == 1, "\(result.errors)")
        #expect(result.errors.allSatisfy { $0.hasPrefix("source local: ") })
        let table = result.table().split(separator: "\n")
        #expect(table.count == 3)
        #expect(table[1].contains("localhost:80"))
        #expect(table[2].contains("no match: nearest is \"machine\""))
        let json = try JSONSerialization.jsonObject(with: Data(try result.json().utf8)) as? [[String: Any]]
        #expect(json?.count == 2)
        #expect(json?.first?["exporter"] as? String == "machine")
    }

    @Test func discoverSaysWhyASourceFails() async throws {
        let fixture = try AgentFixture()
        try fixture.folder.write("services: [", to: "services.yaml")
        let result = try await DiscoverCommand(configurationFile: fixture.file).run()
        #expect(result.lines.isEmpty)
        #expect(result.errors.count == 1)
        #expect(result.errors.first?.contains("services.yaml") == true)
    }

    @Test func discoverGivesTheSameHashesEveryTime() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a"))
        let first = try await DiscoverCommand(configurationFile: fixture.file).run()
        let second = try await DiscoverCommand(configurationFile: fixture.file).run()
        #expect(first.lines.first?.hash != nil)
        #expect(first.lines.first?.hash == second.lines.first?.hash)
    }

    @Test func collectPrintsWhatItCollected() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + fixture.host("b"))
        let all = try await CollectCommand(configurationFile: fixture.file).run()
        #expect(all.errors == [])
        #expect(all.page.contains("node_load1{host=\"localhost\",service=\"a\"} 0.25\n"))
        #expect(all.page.contains("node_load1{host=\"localhost\",service=\"b\"} 0.25\n"))
        let one = try await CollectCommand(configurationFile: fixture.file, service: "a", isOpenMetrics: true).run()
        #expect(!one.page.contains("service=\"b\""))
        #expect(one.page.hasSuffix("# EOF\n"))
    }

    @Test func collectSaysWhatFailedAndStillPrintsTheRest() async throws {
        let fixture = try AgentFixture()
        try fixture.write(
            services: fixture.host("a") + "- {name: bad, address: x, tags: [host], metadata: {root: relative}}\n"
        )
        let result = try await CollectCommand(configurationFile: fixture.file).run()
        #expect(result.page.contains("service=\"a\""))
        #expect(result.errors.count == 1)
        #expect(result.errors.first?.hasPrefix("machine/bad@x: ") == true)
    }

    @Test func collectSaysThatAServiceIsNotThere() async throws {
        let fixture = try AgentFixture()
        let result = try await CollectCommand(configurationFile: fixture.file, service: "none").run()
        #expect(result.errors == ["no service \"none\" matches an exporter template"])
        #expect(result.page.isEmpty)
    }

    @Test func collectWatchesTheStateOfAFreshInstallation() async throws {
        let queries = Repository.path + "/queries/sqlite.yaml"
        let fixture = try AgentFixture(
            exporters: """
                - name: lite
                  match: {tags: [sqlite]}
                  sqlite: {database: "${agent.state}/state.db", queries: [\(queries)]}
                """,
            services: "[{name: state, address: localhost, tags: [sqlite]}]"
        )
        let result = try await CollectCommand(configurationFile: fixture.file).run()
        #expect(result.errors == [])
        #expect(result.page.contains("service=\"state\""))
    }

    @Test func aWrongConfigurationEndsEveryCommand() async throws {
        let folder = try TemporaryFolder()
        let file = try folder.write("nonsense: true", to: "muster.yaml")
        await #expect(throws: (any Error).self) { try await DiscoverCommand(configurationFile: file).run() }
        await #expect(throws: (any Error).self) { try await CollectCommand(configurationFile: file).run() }
        #expect(CheckCommand(configurationFile: file).problems().count == 3)
    }
}
