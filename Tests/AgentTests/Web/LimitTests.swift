import TestSupport
import Testing

@testable import Agent

/// What clients that mean no good can take: a little, and not for long.
@Suite(.serialized, .timeLimit(.minutes(3))) struct LimitTests {
    private let web = WebConfiguration(maximumConnections: 4, idleTimeout: .seconds(1))

    @Test func anIdleConnectionIsClosed() async throws {
        try await AgentFixture().run(web: web) { agent in
            #expect(try await RawConnection(port: agent.port).receiveAll() == "")
            let used = try RawConnection(port: agent.port)
            try await used.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n")
            #expect(try await used.receiveAll().hasSuffix("Muster is healthy.\n"))
        }
    }

    @Test func aRequestThatNeverEndsIsClosed() async throws {
        try await AgentFixture().run(web: web) { agent in
            let connection = try RawConnection(port: agent.port)
            try await connection.send("GET /metrics HTTP/1.1\r\nHost: x\r\nX-Slow: ")
            try await waitUntil("the connection is closed", within: .seconds(20)) { try await !connection.send("x") }
        }
    }

    @Test func aBodyThatNeverEndsIsClosed() async throws {
        try await AgentFixture().run(web: web) { agent in
            let connection = try RawConnection(port: agent.port)
            try await connection.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n")
            try await waitUntil("the connection is closed", within: .seconds(20)) { try await !connection.send("x") }
        }
    }

    @Test func aClientThatReadsNothingIsDisconnected() async throws {
        let web = WebConfiguration(maximumConnections: 1, idleTimeout: .seconds(1))
        try await AgentFixture().run(web: web) { agent in
            try await agent.register("by-hand", [CompressionTests.large(100_000)])
            let stalled = try RawConnection(port: agent.port, receiveBuffer: 4096)
            try await stalled.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n")
            try await waitUntil("the page has begun") { stalled.waiting > 0 }
            // It holds the only connection that there may be, until the agent gives up on it.
            #expect(try await agent.get("/-/healthy").status == 200)
            #expect(try await !stalled.receiveAll().hasSuffix("0\r\n\r\n"))
        }
    }

    @Test func moreConnectionsThanAllowedWait() async throws {
        try await AgentFixture().run(web: web) { agent in
            let held = try (0..<4).map { _ in try RawConnection(port: agent.port) }
            let waiting = try RawConnection(port: agent.port)
            try await waiting.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            // Served as soon as the idle ones are closed.
            #expect(try await waiting.receiveAll().hasSuffix("Muster is healthy.\n"))
            for connection in held { #expect(try await connection.receiveAll() == "") }
        }
    }

    @Test(arguments: [
        "X-Large: " + String(repeating: "x", count: 40_000) + "\r\n",
        (0..<200).map { "X-\($0): y\r\n" }.joined(),
        (0..<60).map { "X-\($0): \(String(repeating: "y", count: 1000))\r\n" }.joined(),
    ])
    func hugeHeadersAreRefused(_ headers: String) async throws {
        try await AgentFixture().run { agent in
            let connection = try RawConnection(port: agent.port)
            try await connection.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\n\(headers)\r\n")
            let answer = try await connection.receiveAll()
            #expect(answer.isEmpty || answer.hasPrefix("HTTP/1.1 400 "), "\(answer.prefix(200))")
            #expect(try await agent.get("/-/healthy").status == 200)
        }
    }

    @Test func nonsenseBehindARequestDoesNotSpoilItsAnswer() async throws {
        try await AgentFixture().run { agent in
            try await agent.register("by-hand", [CompressionTests.large(20_000)])
            let connection = try RawConnection(port: agent.port)
            try await connection.send("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n\u{1}nonsense\r\n\r\n")
            let answer = try await connection.receiveAll()
            // The page may be cut off, but the head of another answer never stands in it.
            #expect(answer.hasPrefix("HTTP/1.1 200 "), "\(answer.prefix(200))")
            let heads = answer.ranges(of: "HTTP/1.1 ").count
            #expect(heads == 1 || answer.contains("0\r\n\r\nHTTP/1.1 400 "), "\(answer.suffix(200))")
            #expect(try await agent.get("/-/healthy").status == 200)
        }
    }

    @Test(arguments: [
        "nonsense\r\n\r\n", "GET\r\n\r\n", "GET / HTTP/9.9\r\n\r\n", "\u{16}\u{03}\u{01}\u{00}\u{A5}",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        "GET \(String(repeating: "/x", count: 40_000)) HTTP/1.1\r\nHost: x\r\n\r\n",
    ])
    func whatIsNoRequestDoesNoHarm(_ bytes: String) async throws {
        try await AgentFixture().run(web: web) { agent in
            let connection = try RawConnection(port: agent.port)
            try await connection.send(bytes)
            _ = try await connection.receiveAll()
            #expect(try await agent.get("/-/healthy").status == 200)
        }
    }

    @Test func aBodyDoesNoHarm() async throws {
        try await AgentFixture().run { agent in
            let body = [UInt8](repeating: 65, count: 1 << 20)
            for method in ["GET", "POST"] {
                let path = method == "GET" ? "/-/healthy" : "/-/refresh"
                let length = ["Content-Length": "\(body.count)"]
                let response = try? await HTTP.request(method, agent.url(path), headers: length, body: body)
                #expect(response.map { [200, 202, 413].contains($0.status) } ?? true)
            }
            let connection = try RawConnection(port: agent.port)
            try await connection.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\n\r\nbody")
            try await connection.send("GET /-/healthy HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answers = try await connection.receiveAll()
            #expect(answers.split(separator: "HTTP/1.1 200 ").count == 2, "\(answers)")
        }
    }
}
