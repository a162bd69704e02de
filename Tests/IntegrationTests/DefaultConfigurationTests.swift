import Foundation
import TestSupport
import Testing

extension IntegrationTests {
    /// What a newcomer sees first: the files that the package ships.
    @Suite struct DefaultConfigurationTests {
        @Test("The default configuration shows this machine and the agent's own database")
        func showsMachineAndState() async throws {
            let agent = try await MusterAgent.startDefault()
            try await waitUntil("the machine and the database are on the page") {
                let page = try await agent.page()
                return page.value("node_load1") != nil && page.value("sqlite_pages") != nil
            }
            let page = try await agent.page()
            #expect(page.isUp("this-host") && page.isUp("muster-state"))
            #expect(page.samples("node_load1").first?.labels["service"] == "this-host")
            #expect(page.samples("sqlite_pages").first?.labels["service"] == "muster-state")
            #expect((page.value("sqlite_pages") ?? 0) > 0)
            #expect(page.samples("muster_build_info").count == 1)
            let home = try await agent.get("/")
            #expect(home.status == 200 && home.text.contains("this-host"))
            #expect(try await agent.get("/-/healthy").status == 200)
        }

        @Test(
            "promtool finds nothing but names that node_exporter has too",
            .enabled(if: Requirement.promtool.isMet, "\(Requirement.promtool.explanation)")
        )
        func promtoolFindsNothing() async throws {
            let agent = try await MusterAgent.startDefault()
            try await waitUntil("the machine and the database are on the page") {
                let page = try await agent.page()
                return page.value("node_load1") != nil && page.value("sqlite_pages") != nil
            }
            let findings = try await Promtool.checkMetrics(try await agent.get("/metrics").text)
            let others = findings.filter { !$0.hasPrefix("node_") }
            #expect(others.isEmpty, "\(others)")
            #expect(findings.allSatisfy { !$0.contains("error while linting") }, "\(findings)")
        }

        @Test("muster check accepts what the package ships")
        func checkAccepts() async throws {
            let result = try await MusterProgram.run("check", "--config", "\(MusterProgram.root)/config/muster.yaml")
            #expect(result.status == .exited(0))
            #expect(result.output == "ok\n")
            #expect(result.errors == "")
        }

        @Test("muster discover lists what is found, as a table and as JSON")
        func discover() async throws {
            let folder = try await copy()
            let path = folder.path("config/muster.yaml")
            let table = try await MusterProgram.run("discover", "--config", path)
            #expect(table.status == .exited(0), "\(table.errors)")
            #expect(table.output.contains("this-host") && table.output.contains("muster-state"))
            let json = try await MusterProgram.run("discover", "--config", path, "--format", "json")
            struct Line: Decodable { var service: String, exporter: String? }
            let lines = try JSONDecoder().decode([Line].self, from: Data(json.output.utf8))
            #expect(lines.map(\.service).sorted() == ["muster-state", "this-host"])
            #expect(lines.compactMap(\.exporter).sorted() == ["host", "sqlite"])
        }

        @Test("muster collect prints one collection in either format")
        func collect() async throws {
            let folder = try await copy()
            let path = folder.path("config/muster.yaml")
            let text = try await MusterProgram.run("collect", "--config", path)
            #expect(text.status == .exited(0), "\(text.errors)")
            let page = try Page(Array(text.output.utf8))
            #expect(page.value("node_load1") != nil && page.value("sqlite_pages") != nil)

            let open = try await MusterProgram.run(
                "collect",
                "--config",
                path,
                "--service",
                "this-host",
                "--format",
                "openmetrics"
            )
            #expect(open.status == .exited(0), "\(open.errors)")
            #expect(open.output.hasSuffix("# EOF\n"))
            #expect(open.output.contains("node_load1{") && !open.output.contains("sqlite_"))
        }

        @Test("muster collect of an unknown service says so and exits with 1")
        func collectUnknown() async throws {
            let folder = try await copy()
            let result = try await MusterProgram.run(
                "collect",
                "--config",
                folder.path("config/muster.yaml"),
                "--service",
                "nobody"
            )
            #expect(result.status == .exited(1))
            #expect(result.errors.contains("nobody"))
        }

        private func copy() async throws -> TemporaryFolder {
            let folder = try TemporaryFolder()
            for name in ["config", "queries"] {
                try await Command.output(["cp", "-rL", "\(MusterProgram.root)/\(name)", folder.path])
            }
            return folder
        }
    }
}
