import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct HTTPClientTests {
    @Test func anAnswerHasItsStatusHeadersAndBody() async throws {
        let server = try HTTPFixture { _ in
            .init(418, headers: [("X-Kind", "tea"), ("x-kind", " pot "), ("Empty", "")], text: "short\nand stout")
        }
        let network = try RunningNetwork()
        let answer = try await network.http.execute(HTTPRequest(url: "\(server.url)/a/b?c=d#fragment"))
        #expect(answer.status == 418)
        #expect(!answer.isSuccess)
        #expect(answer.text == "short\nand stout")
        #expect(!answer.isTruncated)
        #expect(answer.headers.first("X-KIND") == "tea")
        #expect(answer.headers.all("x-kind") == ["tea", "pot"])
        #expect(answer.headers.first("Empty")?.isEmpty == true)
        #expect(answer.headers.first("Missing") == nil)
        let request = try #require(server.requests.first)
        #expect(request.method == "GET")
        #expect(request.target == "/a/b?c=d")
        #expect(request.header("host") == "127.0.0.1:\(server.port)")
        #expect(request.header("user-agent") == "muster")
        #expect(request.header("accept-encoding") == "gzip, zstd")
        #expect(request.header("content-type") == nil)
        #expect(network.http.runningCount == 0)
    }

    @Test(arguments: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
    func everyMethodIsSentAsItIs(method: String) async throws {
        let server = try HTTPFixture { _ in .init(200, text: "done") }
        let network = try RunningNetwork()
        let answer = try await network.http.execute(HTTPRequest(method: method, url: server.url))
        #expect(answer.status == 200)
        #expect(answer.text == (method == "HEAD" ? "" : "done"))
        #expect(server.requests.map(\.method) == [method])
        let sendsLength = ["POST", "PUT", "PATCH"].contains(method)
        #expect(server.requests.first?.header("content-length") == (sendsLength ? "0" : nil))
    }

    @Test(arguments: ["POST", "PUT", "DELETE", "GET"]) func bodiesAreSentWhole(method: String) async throws {
        let server = try HTTPFixture { .init(200, body: $0.body) }
        let network = try RunningNetwork()
        // Larger than what curl would wait for "100 Continue" with.
        let body = Array(repeating: Array(0...255 as ClosedRange<UInt8>), count: 5000).flatMap { $0 }
        let headers = [HTTPHeader("Content-Type", "application/x-noise"), HTTPHeader("X-Empty", "")]
        let answer = try await network.http.execute(
            HTTPRequest(method: method, url: server.url, headers: headers, body: body, maximumBody: body.count)
        )
        #expect(answer.body == body)
        let request = try #require(server.requests.first)
        #expect(request.header("content-type") == "application/x-noise")
        #expect(request.header("x-empty")?.isEmpty == true)
        #expect(request.header("expect") == nil)
    }

    @Test func chunkedAnswersArePutTogether() async throws {
        let body = Array(repeating: Array("0123456789".utf8), count: 10_000).flatMap { $0 }
        let server = try HTTPFixture { _ in .init(200, body: body, chunkSize: 777) }
        let network = try RunningNetwork()
        #expect(try await network.http.execute(HTTPRequest(url: server.url)).body == body)
    }

    @Test func theClientsOwnHeadersCanBeReplaced() async throws {
        let server = try HTTPFixture { _ in .init(204) }
        let network = try RunningNetwork()
        let headers = [HTTPHeader("User-Agent", "other/1"), HTTPHeader("Host", "name.test")]
        let request = HTTPRequest(url: server.url, headers: headers, acceptsCompression: false)
        #expect(try await network.http.execute(request).status == 204)
        let sent = try #require(server.requests.first)
        #expect(sent.headers.filter { $0.name.lowercased() == "user-agent" }.map(\.value) == ["other/1"])
        #expect(sent.headers.filter { $0.name.lowercased() == "host" }.map(\.value) == ["name.test"])
        #expect(sent.header("accept-encoding") == nil)
    }

    @Test func connectionsAreUsedAgain() async throws {
        let server = try HTTPFixture { _ in .init(200, text: "again") }
        let network = try RunningNetwork()
        for _ in 0..<50 { _ = try await network.http.execute(HTTPRequest(url: server.url)) }
        #expect(Set(server.requests.map(\.connection)) == [0])
        #expect(server.connectionCount == 1)
    }

    @Test func aKeptConnectionThatTheServerHasClosedIsReplaced() async throws {
        let server = try HTTPFixture { _ in .init(200, delivery: .cut(after: 1 << 20)) }
        let network = try RunningNetwork()
        for count in 1...20 {
            #expect(try await network.http.execute(HTTPRequest(url: server.url)).status == 200)
            #expect(server.connectionCount == count)
        }
    }

    @Test func manyExchangesRunAtOnceWithinTheBoundOfAHost() async throws {
        let gate = Gate()
        let server = try HTTPFixture { .init(200, text: $0.path, after: gate) }
        let network = try RunningNetwork()
        let client = HTTPClient(
            reactor: network.services.reactor,
            configuration: .init(maximumConnectionsPerHost: 20)
        )
        try await withThrowingTaskGroup(of: (Int, String).self) { group in
            for number in 0..<200 {
                group.addTask {
                    let request = HTTPRequest(url: "\(server.url)/\(number)", timeout: .seconds(30))
                    return (number, try await client.execute(request).text)
                }
            }
            try await waitUntil("all are under way") { client.runningCount == 200 }
            try await server.waitForRequests(20)
            gate.open()
            for try await (number, path) in group { #expect(path == "/\(number)") }
        }
        #expect(server.requests.count == 200)
        #expect(server.connectionCount <= 20)
        #expect(client.runningCount == 0)
    }

    @Test func hostsDoNotWaitForEachOther() async throws {
        let gate = Gate()
        let stuck = try HTTPFixture { _ in .init(200, after: gate) }
        let fine = try HTTPFixture { _ in .init(200, text: "fine") }
        let network = try RunningNetwork()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<100 {
                group.addTask { _ = try await network.http.execute(HTTPRequest(url: stuck.url, timeout: .seconds(30))) }
            }
            try await stuck.waitForRequests(16)
            #expect(try await network.http.execute(HTTPRequest(url: fine.url)).text == "fine")
            gate.open()
            try await group.waitForAll()
        }
    }

    @Test func moreThanTheQueueHoldsIsRefused() async throws {
        let server = try HTTPFixture { _ in .never }
        let network = try RunningNetwork()
        let client = HTTPClient(
            reactor: network.services.reactor,
            configuration: .init(maximumConnections: 1, maximumQueue: 2)
        )
        let tasks = (0..<3).map { _ in Task { try await client.execute(HTTPRequest(url: server.url)) } }
        try await waitUntil("three are under way") { client.runningCount == 3 }
        // The last of the three may be on its way.
        try await waitUntil("the fourth is refused") {
            do {
                _ = try await client.execute(HTTPRequest(url: server.url, timeout: .milliseconds(50)))
                return false
            } catch let error as HTTPError {
                return error.code == .system && error.message.contains("too many requests")
            }
        }
        for task in tasks { task.cancel() }
        for task in tasks { await #expect(throws: CancellationError.self) { try await task.value } }
    }

    @Test func aUnixSocketIsConnectedTo() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("server.sock")
        let server = try HTTPFixture(unixSocket: path) { .init(200, text: $0.header("host") ?? "") }
        let network = try RunningNetwork()
        let request = HTTPRequest(url: "http://daemon/info", unixSocket: path)
        #expect(try await network.http.execute(request).text == "daemon")
        #expect(server.requests.map(\.path) == ["/info"])
    }

    @Test func namesAreLookedUpByTheResolverOnly() async throws {
        let server = try HTTPFixture { .init(200, text: $0.header("host") ?? "") }
        let network = try RunningNetwork()
        let lookups = Tally()
        let resolver = HostResolver(pool: BlockingPool()) { name in
            lookups.add()
            // Nobody listens on the second address of this host.
            return name == "db.example.test"
                ? .success(["127.0.0.1", "127.0.0.2"])
                : .failure(TransportError(code: .notFound, message: "no \(name)"))
        }
        let client = HTTPClient(reactor: network.services.reactor, resolver: resolver)
        let url = "http://db.example.test:\(server.port)/"
        for _ in 0..<3 {
            #expect(try await client.execute(HTTPRequest(url: url)).text == "db.example.test:\(server.port)")
        }
        #expect(lookups.count == 1)
        let error = await #expect(throws: HTTPError.self) {
            try await client.execute(HTTPRequest(url: "http://other.example.test/"))
        }
        #expect(error?.code == .resolution)
        #expect(error?.message == "GET http://other.example.test: no other.example.test")
    }

    @Test func descriptorsStayBounded() async throws {
        let server = try HTTPFixture { request in
            request.path.hasSuffix("7") ? .reset : .init(200, text: "x", after: nil)
        }
        let network = try RunningNetwork()
        let client = HTTPClient(
            reactor: network.services.reactor,
            configuration: .init(maximumConnections: 8, maximumConnectionsPerHost: 8)
        )
        await withTaskGroup(of: Void.self) { group in
            for number in 0..<1000 {
                group.addTask { _ = try? await client.execute(HTTPRequest(url: "\(server.url)/\(number)")) }
            }
        }
        #expect(server.requests.count >= 1000)
        try await waitUntil("at most as many connections are left as may be kept") { server.openConnectionCount <= 8 }
        client.shutdown()
        try await waitUntil("no connection is left") { server.openConnectionCount == 0 }
    }

    @Test(arguments: [-1, 0, Int.min, Int.max]) func numbersOutOfRangeDoNoHarm(number: Int) async throws {
        let server = try HTTPFixture { _ in .init(204) }
        let network = try RunningNetwork()
        let client = HTTPClient(
            reactor: network.services.reactor,
            configuration: .init(
                maximumConnections: number,
                maximumConnectionsPerHost: number,
                maximumQueue: number,
                userAgent: "",
                maximumHeaderBytes: Int.max,
                maximumHeaderCount: number
            )
        )
        let endless = Duration.seconds(Int64.max)
        let request = HTTPRequest(url: server.url, timeout: endless, connectTimeout: endless, maximumBody: number)
        #expect(try await client.execute(request).status == 204)
        #expect(server.requests.first?.header("user-agent") == nil)
    }
}
