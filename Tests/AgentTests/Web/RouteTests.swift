import Exposition
import TestSupport
import Testing

@testable import Agent

/// Every route over HTTP, with a real agent behind it.
@Suite(.serialized, .timeLimit(.minutes(3))) struct RouteTests {
    @Test func everyRouteAnswersWithItsTypeAndNeverFromACache() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a"))
        try await fixture.run { agent in
            try await agent.monitors(1)
            let types = [
                "/": "text/html; charset=utf-8",
                "/metrics": "text/plain; version=0.0.4; charset=utf-8; escaping=underscores",
                "/api/v1/services": "application/json",
                "/api/v1/sources": "application/json",
                "/api/v1/history": "application/json",
                "/-/healthy": "text/plain; charset=utf-8",
                "/-/ready": "text/plain; charset=utf-8",
            ]
            for (path, type) in types {
                let response = try await agent.get(path)
                #expect(response.status == 200, "\(path)")
                #expect(response.header("Content-Type") == type, "\(path)")
                #expect(response.header("Cache-Control") == "no-store", "\(path)")
                #expect(!response.body.isEmpty, "\(path)")
                let head = try await HTTP.request("HEAD", agent.url(path))
                #expect(head.status == 200, "\(path)")
                #expect(head.header("Content-Type") == type, "\(path)")
                let post = try await HTTP.request("POST", agent.url(path))
                #expect(post.status == 405, "\(path)")
                #expect(post.header("Allow") == "GET, HEAD", "\(path)")
            }
            #expect(try await agent.get("/").header("Content-Security-Policy")?.contains("default-src 'none'") == true)
        }
    }

    @Test(arguments: [
        "/metric", "/metrics/", "//metrics", "/..", "/api/v1", "/%2e%2e/etc/passwd", "/metrics%00", "/-/", "/%",
    ])
    func otherPathsAreNotFound(_ path: String) async throws {
        try await AgentFixture().run { agent in
            let status = try await agent.get(path).status
            #expect(status == 404)
        }
    }

    @Test(arguments: ["PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND"])
    func otherMethodsAreNotAllowed(_ method: String) async throws {
        try await AgentFixture().run { agent in
            let response = try await HTTP.request(method, agent.url("/metrics"))
            #expect(response.status == 405)
            #expect(response.header("Allow") == "GET, HEAD")
        }
    }

    @Test func whatChangesSomethingWantsPost() async throws {
        try await AgentFixture().run { agent in
            for path in ["/-/refresh", "/-/confirm-removals"] {
                let get = try await agent.get(path)
                #expect(get.status == 405)
                #expect(get.header("Allow") == "POST")
            }
            #expect(try await HTTP.request("POST", agent.url("/-/refresh")).status == 202)
            let confirmed = try await HTTP.request("POST", agent.url("/-/confirm-removals"))
            #expect(confirmed.text == "confirmed: 0 held services are let go\n")
        }
    }

    @Test func heldRemovalsAreShownAndCanBeConfirmed() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + fixture.host("b"))
        try await fixture.run { agent in
            try await agent.monitors(2)
            try fixture.write(services: "[]")
            try await waitUntil("the removal is held") { agent.core.report().sources.first?.heldRemovals == 2 }
            #expect(try await agent.get("/").text.contains("2 removals held until 20"))
            #expect(agent.core.report().services.allSatisfy { $0.isHeld })
            let confirmed = try await HTTP.request("POST", agent.url("/-/confirm-removals"))
            #expect(confirmed.text == "confirmed: 2 held services are let go\n")
            try await waitUntil("they are gone") { agent.core.report().services.isEmpty }
        }
    }

    @Test func aPageOfAnotherSiteCanChangeNothing() async throws {
        try await AgentFixture().run { agent in
            let own = "http://127.0.0.1:\(agent.port)"
            let url = agent.url("/-/refresh")
            for origin in ["http://evil.example", "null", "", own + "0", "https://evil.example/" + own] {
                let status = try await HTTP.request("POST", url, headers: ["Origin": origin]).status
                #expect(status == 403, "\(origin)")
            }
            let status = try await HTTP.request("POST", url, headers: ["Origin": own]).status
            #expect(status == 202)
        }
    }

    @Test func whatHasNoBodyLeavesTheConnectionUsable() async throws {
        try await AgentFixture().run { agent in
            let connection = try RawConnection(port: agent.port)
            for path in ["/nowhere", "/-/refresh", "/metrics", "/"] {
                try await connection.send("HEAD \(path) HTTP/1.1\r\nHost: x\r\n\r\n")
            }
            try await connection.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let text = try await connection.receiveAll()
            #expect(
                text.split(separator: "HTTP/1.1 ").map { String($0.prefix(3)) } == ["404", "405", "200", "200", "200"]
            )
            #expect(text.hasSuffix("\r\n\r\nMuster is healthy.\n"))
            #expect(!text.contains("not found"))
            #expect(!text.contains("not allowed"))
        }
    }

    @Test func metricsCanBeNarrowedToAServiceOrAHash() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + fixture.host("\"b &c\""))
        try await fixture.run { agent in
            try await agent.monitors(2)
            let one = try await agent.get("/metrics?service=a").text
            #expect(one.contains("node_load1{host=\"localhost\",service=\"a\"} 0.25"))
            #expect(one.contains("muster_service_up{"))
            #expect(!one.contains("b &c"))
            #expect(!one.contains("muster_build_info"))
            #expect(try await agent.get("/metrics?service=b%20%26c").text.contains("service=\"b &c\""))
            let hash = try #require(agent.core.report().services.first).hash
            #expect(try await agent.get("/metrics?hash=\(hash)").text.contains("node_load1"))
            for query in ["service=none", "hash=none", "service=", "service=%ff%00", "service=a&hash=none"] {
                let response = try await agent.get("/metrics?\(query)")
                #expect(response.status == 200, "\(query)")
                #expect(!response.text.contains("node_load1"), "\(query)")
            }
            #expect(try await agent.get("/metrics?nonsense=&&=%").text.contains("service=\"a\""))
        }
    }

    @Test func theFormatIsNegotiated() async throws {
        try await AgentFixture().run { agent in
            let accept =
                "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8,text/plain;version=0.0.4;q=0.5"
            let page = try await agent.get("/metrics", headers: ["Accept": accept])
            #expect(
                page.header("Content-Type")
                    == "application/openmetrics-text; version=1.0.0; charset=utf-8; escaping=allow-utf-8"
            )
            #expect(page.header("Vary") == "Accept, Accept-Encoding")
            #expect(page.text.hasSuffix("# EOF\n"))
            #expect(page.text.contains("# TYPE muster_polls counter"))
        }
    }

    @Test func theHistoryIsNewestFirstBoundedAndFiltered() async throws {
        let fixture = try AgentFixture()
        try fixture.write(services: fixture.host("a") + fixture.host("b"))
        let store = try StateStore(
            StateConfiguration(directory: fixture.folder.path("state")),
            logger: fixture.logs.logger
        )
        defer { store.close() }
        try await fixture.run(history: store) { agent in
            try await agent.monitors(2)
            try await waitUntil("both are in the history") {
                try await agent.get("/api/v1/history").text.split(separator: "\"kind\":\"registered\"").count == 3
            }
            let one = try await agent.get("/api/v1/history?service=a&limit=5").text
            #expect(one.contains("\"service\":\"a\""))
            #expect(!one.contains("\"service\":\"b\""))
            for limit in ["-1", "0", "x", "99999999999999999999"] {
                #expect(try await agent.get("/api/v1/history?limit=\(limit)").status == 200)
            }
            #expect(try await agent.get("/api/v1/history?limit=1").text.split(separator: "\"kind\"").count == 2)
        }
    }
}
