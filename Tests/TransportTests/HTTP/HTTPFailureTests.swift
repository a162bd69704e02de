import Glibc
import TestSupport
import Testing

@testable import Transport

/// Servers and requests that fail, in every way.
@Suite(.timeLimit(.minutes(1))) struct HTTPFailureTests {
    private func failure(_ request: HTTPRequest, _ client: HTTPClient) async -> HTTPError? {
        await #expect(throws: HTTPError.self) { try await client.execute(request) }
    }

    @Test func theDeadlineEndsAnExchange() async throws {
        let server = try HTTPFixture { _ in .never }
        let network = try RunningNetwork()
        let started = ContinuousClock.now
        let error = await failure(HTTPRequest(url: server.url, timeout: .milliseconds(80)), network.http)
        #expect(error?.code == .timedOut)
        #expect(ContinuousClock.now - started >= .milliseconds(80))
        try await waitUntil("the connection is closed") { server.openConnectionCount == 0 }
    }

    @Test func theDeadlineHoldsWhileWaitingForAConnection() async throws {
        let server = try HTTPFixture { _ in .never }
        let network = try RunningNetwork()
        let client = HTTPClient(reactor: network.services.reactor, configuration: .init(maximumConnections: 1))
        let first = Task { try await client.execute(HTTPRequest(url: server.url, timeout: .seconds(60))) }
        try await server.waitForRequests(1)
        let error = await failure(HTTPRequest(url: server.url, timeout: .milliseconds(50)), client)
        #expect(error?.code == .timedOut)
        #expect(error?.message.contains("no connection was free") == true)
        first.cancel()
        await #expect(throws: CancellationError.self) { try await first.value }
    }

    @Test(arguments: [Duration.zero, .seconds(-5)]) func noTimeAtAllIsADeadlineToo(timeout: Duration) async throws {
        let server = try HTTPFixture { _ in .init(200) }
        let network = try RunningNetwork()
        let error = await failure(HTTPRequest(url: server.url, timeout: timeout), network.http)
        #expect(error?.code == .timedOut)
    }

    @Test func theTimeToConnectIsBounded() async throws {
        // Its queue of connections is full, so the kernel answers no further one.
        let listener = try FullListener()
        let network = try RunningNetwork()
        let request = HTTPRequest(
            url: "http://127.0.0.1:\(listener.port)/",
            timeout: .seconds(50),
            connectTimeout: .milliseconds(100)
        )
        let error = await failure(request, network.http)
        #expect(error?.code == .timedOut)
    }

    @Test func cancellingEndsTheExchangeAtOnce() async throws {
        let server = try HTTPFixture { _ in .never }
        let network = try RunningNetwork()
        let task = Task { try await network.http.execute(HTTPRequest(url: server.url, timeout: .seconds(3600))) }
        try await server.waitForRequests(1)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(network.http.runningCount == 0)
        try await waitUntil("the connection is closed") { server.openConnectionCount == 0 }
    }

    @Test func aTaskThatIsCancelledAlreadySendsNothing() async throws {
        let server = try HTTPFixture { _ in .init(200) }
        let network = try RunningNetwork()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            return try await network.http.execute(HTTPRequest(url: server.url))
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(server.requests.isEmpty)
    }

    @Test func cancellationsDeadlinesAndAnswersMayRace() async throws {
        let server = try HTTPFixture { _ in .init(200, text: "ok") }
        let network = try RunningNetwork()
        await withTaskGroup(of: Void.self) { group in
            for round in 0..<400 {
                let timeout = Duration.microseconds(50 * (round % 60))
                let request = HTTPRequest(url: server.url, timeout: round % 3 == 0 ? timeout : .seconds(30))
                let task = Task { try await network.http.execute(request) }
                group.addTask {
                    if round % 2 == 0 {
                        for _ in 0..<(round % 17) { await Task.yield() }
                        task.cancel()
                    }
                    switch await task.result {
                    case .success(let answer): #expect(answer.text == "ok")
                    case .failure(let error as HTTPError): #expect(error.code == .timedOut)
                    case .failure(let error): #expect(error is CancellationError)
                    }
                }
            }
        }
        #expect(network.http.runningCount == 0)
        // It is as good as new.
        #expect(try await network.http.execute(HTTPRequest(url: server.url)).text == "ok")
    }

    @Test func nobodyListens() async throws {
        let network = try RunningNetwork()
        let port = try FreePort.next()
        let error = await failure(HTTPRequest(url: "http://127.0.0.1:\(port)/x?token=secret"), network.http)
        #expect(error?.code == .connection)
        #expect(error?.message.hasPrefix("GET http://127.0.0.1:\(port): ") == true)
        let folder = try TemporaryFolder()
        let request = HTTPRequest(url: "http://localhost/", unixSocket: folder.path("none"))
        #expect(await failure(request, network.http)?.code == .connection)
    }

    @Test(arguments: [0, 10, 40, 60, 1000])
    func aConnectionThatBreaksIsAnError(after count: Int) async throws {
        let body = [UInt8](repeating: 120, count: 100_000)
        for delivery in [HTTPFixture.Delivery.reset(after: count), .cut(after: count)] {
            let server = try HTTPFixture { _ in
                .init(200, headers: [("X-Filler", "0123456789")], body: body, delivery: delivery)
            }
            let network = try RunningNetwork()
            let error = await failure(HTTPRequest(url: server.url), network.http)
            #expect(error?.code == .connection || error?.code == .protocolViolation)
        }
    }

    @Test(arguments: [
        "garbage\r\n\r\n", "\0\0\0\u{1}", "SSH-2.0-OpenSSH_9.2\r\n", "HTTP/1.1\r\n\r\n", "HTTP/9.9 200 OK\r\n\r\n",
        "HTTP/1.1 20x OK\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nx",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nZZ\r\nnonsense\r\n",
        "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 7\r\n\r\nnotgzip",
    ])
    func garbageIsAnError(text: String) async throws {
        let server = try HTTPFixture { _ in .init(200, delivery: .raw(Array(text.utf8))) }
        let network = try RunningNetwork()
        let error = await failure(HTTPRequest(url: server.url), network.http)
        #expect([.protocolViolation, .connection, .tooLarge].contains(error?.code), "\(String(describing: error))")
        #expect(error.map { !$0.message.contains("nonsense") } == true)
    }

    @Test func randomBytesNeverHangNorTrap() async throws {
        let generator = LockedGenerator(seed: 11)
        let server = try HTTPFixture { _ in
            let start = Array("HTTP/1.1 200 OK\r\n".utf8).prefix(generator.next(below: 18))
            return .init(
                200,
                delivery: .raw(start + (0..<generator.next(below: 400)).map { _ in UInt8(generator.next(below: 256)) })
            )
        }
        let network = try RunningNetwork()
        for _ in 0..<300 {
            do {
                _ = try await network.http.execute(HTTPRequest(url: server.url, timeout: .seconds(20)))
            } catch let error as HTTPError {
                #expect(error.code != .timedOut && error.code != .badRequest, "\(error)")
            }
        }
    }

    @Test func shuttingDownEndsWhatIsUnderWayAndWhatComes() async throws {
        let server = try HTTPFixture { _ in .never }
        let network = try RunningNetwork()
        let client = HTTPClient(reactor: network.services.reactor, configuration: .init(maximumConnections: 3))
        let tasks = (0..<10).map { _ in Task { try await client.execute(HTTPRequest(url: server.url)) } }
        try await server.waitForRequests(3)
        try await waitUntil("all are under way") { client.runningCount == 10 }
        client.shutdown()
        client.shutdown()
        for task in tasks {
            let error = await #expect(throws: HTTPError.self) { try await task.value }
            #expect(error?.code == .system)
            #expect(error?.message.contains("shut down") == true)
        }
        #expect(await failure(HTTPRequest(url: server.url), client)?.code == .system)
        #expect(server.requests.count == 3)
        try await waitUntil("the connections are closed") { server.openConnectionCount == 0 }
        // Other clients of the reactor go on.
        server.setAnswer { _ in .init(200) }
        #expect(try await network.http.execute(HTTPRequest(url: server.url)).status == 200)
    }

    @Test func stoppingTheReactorEndsWhatIsUnderWay() async throws {
        let server = try HTTPFixture { _ in .never }
        let network = try RunningNetwork()
        let tasks = (0..<10).map { _ in Task { try await network.http.execute(HTTPRequest(url: server.url)) } }
        try await server.waitForRequests(10)
        network.services.reactor.stop()
        for task in tasks {
            let error = await #expect(throws: HTTPError.self) { try await task.value }
            #expect(error?.code == .system)
        }
        #expect(await failure(HTTPRequest(url: server.url), network.http)?.code == .system)
        try await waitUntil("the connections are closed") { server.openConnectionCount == 0 }
    }

    @Test func aReactorThatDoesNotRunIsAnError() async throws {
        let reactor = try Reactor()
        let client = HTTPClient(reactor: reactor)
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:9/"), client)?.code == .system)
        reactor.stop()
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:9/"), client)?.code == .system)
        let late = HTTPClient(reactor: reactor)
        #expect(await failure(HTTPRequest(url: "http://127.0.0.1:9/"), late)?.code == .system)
        late.shutdown()
    }

    @Test func aClientThatGoesClosesItsConnections() async throws {
        let server = try HTTPFixture { _ in .init(200) }
        let network = try RunningNetwork()
        for _ in 0..<10 {
            let client = HTTPClient(reactor: network.services.reactor)
            _ = try await client.execute(HTTPRequest(url: server.url))
        }
        try await waitUntil("no connection is left") { server.openConnectionCount == 0 }
    }
}
