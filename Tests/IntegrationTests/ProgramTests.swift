import Glibc
import TestSupport
import Testing

extension IntegrationTests {
    /// How the program starts and ends.
    @Suite struct ProgramTests {
        private static let services = "services:\n- {name: a, address: localhost, tags: [host]}\n"
        private static let configuration = """
            discovery: {sources: [{name: local, file: {paths: [services.yaml]}}]}
            exporters: [{name: host, match: {tags: [host]}, interval: 1s, host: {}}]
            """

        @Test("A wrong configuration is named by file, line and column", arguments: ["check", "run", "discover"])
        func wrongConfiguration(command: String) async throws {
            let folder = try TemporaryFolder()
            let path = try folder.write(
                "discovery:\n  sources:\n  - name: local\n    file: {paths: [services.yaml]}\n"
                    + "exporters:\n- name: host\n  match: {tags: [host]}\n  intervall: 5s\n  host: {}\n",
                to: "muster.yaml"
            )
            let result = try await MusterProgram.run(command, "--config", path)
            #expect(result.status == .exited(1))
            #expect(result.errors.hasPrefix("\(path):8:3: "), "\(result.errors)")
            #expect(result.errors.contains("intervall"))
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }

        @Test("A configuration that is not there is one clear line")
        func missingConfiguration() async throws {
            let result = try await MusterProgram.run("run", "--config", "/nowhere/muster.yaml")
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("/nowhere/muster.yaml"))
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }

        @Test("A wrong query file is named by its own line")
        func wrongQueryFile() async throws {
            let folder = try TemporaryFolder()
            let queries = try folder.write("queries:\n- name: a\n  qery: SELECT 1\n", to: "queries.yaml")
            let path = try folder.write(
                "discovery: {sources: [{name: local, file: {paths: [services.yaml]}}]}\nexporters:\n"
                    + "- {name: pg, match: {tags: [pg]}, postgres: {user: a, queries: [queries.yaml]}}\n",
                to: "muster.yaml"
            )
            let result = try await MusterProgram.run("check", "--config", path)
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("\(queries):3:3: "), "\(result.errors)")
        }

        @Test("An address in use is one clear line")
        func addressInUse() async throws {
            let agent = try await MusterAgent.start(configuration: Self.configuration, services: Self.services)
            let folder = try TemporaryFolder()
            let result = try await MusterProgram.run(
                "run",
                "--config",
                agent.folder.path("config/muster.yaml"),
                "--listen",
                "127.0.0.1:\(agent.port)",
                "--state-dir",
                folder.path("state"),
                "--log-level",
                "error"
            )
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("cannot listen on 127.0.0.1:\(agent.port)"), "\(result.errors)")
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
        }

        @Test("A signal ends it soon, with every exporter closed", arguments: [SIGTERM, SIGINT])
        func signal(_ signal: Int32) async throws {
            let agent = try await MusterAgent.start(configuration: Self.configuration, services: Self.services)
            try await waitUntil("the service is up") { try await agent.page().isUp("a") }
            // Clients that stay connected, one that has asked nothing and one in the middle of a question.
            let idle = try IdleConnection(port: agent.port)
            let asking = try IdleConnection(port: agent.port)
            try asking.send("GET /metrics HTTP/1.1\r\nHost: a\r\n\r\nGET /met")
            // It is killed, and says so, if it does not end in time.
            let status = try await agent.server.stop(signal: signal)
            idle.close()
            asking.close()
            #expect(status == .exited(0))
            let log = try agent.log()
            #expect(log.contains("Every exporter is closed"), "\(agent.server.logTail)")
            #expect(log.contains("closed=1") && log.contains("opened=1"), "\(agent.server.logTail)")
        }

        @Test("The history of services survives a restart")
        func history() async throws {
            let first = try await MusterAgent.start(configuration: Self.configuration, services: Self.services)
            try await waitUntil("the service is up") { try await first.page().isUp("a") }
            let hash = try await first.service("a").hash
            try await first.server.stop()
            let second = try await MusterAgent.start(in: first.folder)
            try await waitUntil("both registrations are in the history") {
                let text = try await second.get("/api/v1/history").text
                return text.components(of: "\"registered\"") >= 2
            }
            #expect(try await second.service("a").hash == hash)
        }
    }
}

extension String {
    /// How often a text occurs.
    fileprivate func components(of text: String) -> Int { ranges(of: text).count }
}
