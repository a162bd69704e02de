import TestSupport
import Testing

@testable import Agent

/// Whatever way a secret comes in, nobody outside gets to see it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct SecretsTests {
    private static let secrets = ["s3cret-literal", "s3cret-environment", "s3cret-file", "s3cret-option"]

    private func fixture() throws -> AgentFixture {
        let kinds = [
            "literal: s3cret-literal", "env: {env: PG_SECRET}", "file: {file: pw}", "option: {env: PG_SECRET}",
        ]
        let exporters = kinds.map { kind in
            let parts = kind.split(separator: ":", maxSplits: 1)
            return """
                - name: \(parts[0])
                  match: {tags: [\(parts[0])]}
                  labels: {teamName: "${service.name}"}
                  postgres: {user: me, password:\(parts[1]), database: d, application_name: muster_test, queries: [q.yaml]}
                """
        }
        var fixture = try AgentFixture(exporters: exporters.joined(separator: "\n"))
        fixture.environment = ["PG_SECRET": "s3cret-environment"]
        try fixture.folder.write(
            "queries:\n- {name: one, query: SELECT 1 AS x, metrics: [{name: x, kind: gauge, value: x}]}\n",
            to: "q.yaml"
        )
        try fixture.folder.write("s3cret-file\n", to: "pw", mode: 0o600)
        let port = try FreePort.next()
        try fixture.write(
            services: ["literal", "env", "file"].map {
                "- {name: db-\($0), address: 127.0.0.1, port: \(port), tags: [\($0)]}\n"
            }.joined()
                + """
                - {name: db-option, address: 127.0.0.1, port: \(port), tags: [option],
                   options: {password: s3cret-option, sslmode: nonsense}}
                - {name: lost, address: x, options: {password: s3cret-option}}
                - {name: broken, address: x, options: {password: [s3cret-option]}}
                """
        )
        return fixture
    }

    @Test func noRouteAndNoLogShowsASecret() async throws {
        let fixture = try fixture()
        let store = try StateStore(
            StateConfiguration(directory: fixture.folder.path("state")),
            logger: fixture.logs.logger
        )
        defer { store.close() }
        try await fixture.run(history: store) { agent in
            try await waitUntil("every setup has failed") {
                let services = agent.core.report().services
                return services.count == 4 && services.allSatisfy { $0.setupError != nil }
            }
            let answer = try await agent.get("/api/v1/services").text
            #expect(answer.contains("\"password\":\"<secret>\""))
            for path in ["/", "/metrics", "/api/v1/services", "/api/v1/sources", "/api/v1/history"] {
                let text = try await agent.get(path).text
                #expect(!text.contains("s3cret"), "\(path)")
            }
            // Names that people chose are as they chose them.
            #expect(answer.contains("\"teamName\":\"db-env\""))
            #expect(answer.contains("\"application_name\":\"muster_test\""))
        }
        #expect(fixture.logs.lines("A service cannot be set up; it is tried again").count >= 4)
        #expect(!fixture.logs.text.contains("s3cret"), "\(fixture.logs.text)")
    }

    @Test func commandsShowNoSecret() async throws {
        let fixture = try fixture()
        let discovered = try await DiscoverCommand(configurationFile: fixture.file).run()
        let collected = try await CollectCommand(configurationFile: fixture.file).run()
        let shown = try discovered.table() + discovered.json() + discovered.errors.joined() + collected.page
        #expect(!(shown + collected.errors.joined()).contains("s3cret"))
        #expect(discovered.lines.contains { $0.service == "db-literal" && $0.exporter == "literal" })
    }

    @Test func checkShowsNoSecret() throws {
        let fixture = try AgentFixture(
            exporters: """
                - name: x
                  match: {tags: [x]}
                  postgres: {password: [s3cret-literal], usr: x}
                - name: y
                  match: {tags: [x]}
                  postgres: {password: "${s3cret-literal}"}
                - name: z
                  match: {tags: [x]}
                  postgres: {password: {env: A, file: s3cret-literal}}
                """
        )
        let problems = CheckCommand(configurationFile: fixture.file).problems()
        #expect(problems.count >= 4)
        #expect(!problems.joined().contains("s3cret"), "\(problems)")
    }

    @Test func aSecretHidesItselfInDumps() throws {
        let fixture = try fixture()
        var text = ""
        dump(try fixture.configuration().templates, to: &text)
        #expect(!text.contains("s3cret-literal"))
    }
}
