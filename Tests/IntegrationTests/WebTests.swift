import TestSupport
import Testing

extension IntegrationTests {
    /// What an HTTP client sees.
    @Suite struct WebTests {
        private func start(_ web: String = "{}") async throws -> MusterAgent {
            let agent = try await MusterAgent.start(
                configuration: """
                    discovery: {sources: [{name: local, file: {paths: [services.yaml]}}]}
                    exporters: [{name: host, match: {tags: [host]}, interval: 1s, host: {}}]
                    web: \(web)
                    """,
                services: """
                    services:
                    - {name: a, address: localhost, tags: [host]}
                    - {name: b, address: localhost, tags: [host]}
                    """
            )
            try await waitUntil("both services are on the page") {
                try await agent.page().services("node_load1") == ["a", "b"]
            }
            return agent
        }

        @Test("Unknown paths, wrong methods and HEAD are answered as HTTP says")
        func pathsAndMethods() async throws {
            let agent = try await start()
            #expect(try await agent.get("/nothing").status == 404)
            #expect(try await agent.get("/metrics/").status == 404)
            let deleted = try await HTTP.request("DELETE", "\(agent.url)/metrics")
            #expect(deleted.status == 405)
            #expect(deleted.header("Allow") == "GET, HEAD")
            #expect(try await agent.get("/-/confirm-removals").status == 405)
            #expect(try await agent.get("/-/confirm-removals").header("Allow") == "POST")
            let head = try await HTTP.request("HEAD", "\(agent.url)/metrics")
            #expect(head.status == 200 && head.body.isEmpty)
            #expect(head.header("Content-Type")?.hasPrefix("text/plain; version=0.0.4") == true)
            let foreign = try await HTTP.request(
                "POST",
                "\(agent.url)/-/confirm-removals",
                headers: ["Origin": "http://elsewhere.example"]
            )
            #expect(foreign.status == 403)
        }

        @Test("A page is compressed as the client asks, and unpacks to the same page")
        func compression() async throws {
            let agent = try await start()
            for (name, magic, tool) in [
                ("gzip", [0x1F, 0x8B] as [UInt8], "gzip"), ("zstd", [0x28, 0xB5, 0x2F, 0xFD], "zstd"),
            ] {
                let response = try await agent.get("/metrics", headers: ["Accept-Encoding": name])
                #expect(response.header("Content-Encoding") == name)
                #expect(response.header("Vary")?.contains("Accept-Encoding") == true)
                #expect(response.body.starts(with: magic))
                guard Executable.find(tool) != nil else { continue }
                let hex = response.body.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
                guard Executable.find("xxd") != nil else { continue }
                let text = try await Command.output(["sh", "-c", "xxd -r -p | \(tool) -dc"], input: hex)
                #expect(try Page(Array(text.utf8)).services("node_load1") == ["a", "b"])
            }
            let plain = try await agent.get("/metrics")
            #expect(plain.header("Content-Encoding") == nil)
        }

        @Test("OpenMetrics is given to who asks for it, whole")
        func openMetrics() async throws {
            let agent = try await start()
            let response = try await agent.get(
                "/metrics",
                headers: ["Accept": "application/openmetrics-text;version=1.0.0"]
            )
            #expect(response.header("Content-Type")?.hasPrefix("application/openmetrics-text; version=1.0.0") == true)
            #expect(response.text.hasSuffix("# EOF\n"))
            #expect(response.text.ranges(of: "# EOF").count == 1)
            let text = try await agent.get("/metrics").text
            #expect(!text.contains("# EOF"))
        }

        @Test("A page can be narrowed to a service by name and by hash")
        func filters() async throws {
            let agent = try await start()
            let hash = try await agent.service("b").hash
            let byName = try await agent.page("?service=a")
            #expect(byName.services("node_load1") == ["a"])
            #expect(byName.services("muster_service_up") == ["a"])
            // Both services connect in the same way, so they share the hash.
            let byHash = try await agent.page("?hash=\(hash)")
            #expect(byHash.services("node_load1").contains("b"))
            #expect(try await agent.page("?service=b&hash=\(hash)").services("node_load1") == ["b"])
            #expect(try await agent.page("?service=nobody").services("muster_service_up").isEmpty)
            #expect(try await agent.page("?hash=0").samples("node_load1").isEmpty)
        }

        @Test("Headers that are too long are refused, and the server goes on")
        func longHeaders() async throws {
            let agent = try await start()
            let long = String(repeating: "x", count: 32 * 1024)
            // The server may also close the connection while the client still sends.
            if let response = try? await agent.get("/metrics", headers: ["X-Long": long]) {
                #expect([400, 413, 431].contains(response.status))
            }
            let many = Dictionary((0..<500).map { ("X-\($0)", "1") }) { first, _ in first }
            if let response = try? await agent.get("/metrics", headers: many) {
                #expect([400, 413, 431].contains(response.status))
            }
            #expect(try await agent.get("/-/healthy").status == 200)
        }

        @Test("No more than the configured number of connections is served at a time")
        func connectionBound() async throws {
            let agent = try await start("{max_connections: 32, idle_timeout: 1s}")
            var idle: [IdleConnection] = []
            for _ in 0..<100 { idle.append(try IdleConnection(port: agent.port)) }
            // The kernel takes the others into its queue; they cost the agent no descriptor. Idle ones are closed.
            try await waitUntil("somebody else gets an answer") {
                try await HTTP.get("\(agent.url)/-/healthy", within: .seconds(30)).status == 200
            }
            let page = try await HTTP.get("\(agent.url)/metrics", within: .seconds(30))
            let descriptors = try Page(page.body).value("process_open_fds") ?? .infinity
            #expect(descriptors < 80, "\(descriptors)")
            for connection in idle { connection.close() }
        }
    }
}
