import Glibc
import Synchronization

/// An HTTP/1.1 server for tests, on 127.0.0.1 or a Unix socket, whose answers the test decides. One thread serves all
/// connections, so that hundreds of them cost little.
///
/// ```swift
/// let server = try HTTPFixture { request in
///     request.path == "/write" ? .init(204) : .init(404, text: "no such page")
/// }
/// ... server.url ...
/// #expect(server.requests.map(\.path) == ["/write"])
/// ```
public final class HTTPFixture: Sendable {
    /// What a client sent.
    public struct Request: Sendable {
        /// The method.
        public var method: String
        /// The path and the query, as they were sent.
        public var target: String
        /// The header fields in their order.
        public var headers: [(name: String, value: String)]
        /// The body, as it was sent.
        public var body: [UInt8]
        /// The number of the connection that it came on, from 0: the same number is the same connection.
        public var connection: Int

        /// The target without its query.
        public var path: String { String(target.prefix { $0 != "?" }) }
        /// What follows the question mark; empty without one.
        public var query: String { String(target.dropFirst(path.count).dropFirst()) }
        /// The body as text.
        public var text: String { String(decoding: body, as: UTF8.self) }

        /// The first value of a header field, whatever the case of its name.
        public func header(_ name: String) -> String? {
            headers.first { $0.name.lowercased() == name.lowercased() }?.value
        }
    }

    /// How an answer gets to the client, or does not.
    public enum Delivery: Sendable {
        /// All of it; the connection stays open if the client wants that.
        case whole
        /// So many bytes of it, headers included, then a reset (RST). 0 is a server that dies after reading.
        case reset(after: Int)
        /// So many bytes of it, headers included, then an orderly end of the connection.
        case cut(after: Int)
        /// Nothing, and the connection stays open.
        case never
        /// These bytes instead of an answer, then an orderly end of the connection.
        case raw([UInt8])
    }

    /// What the server does with a request.
    public struct Answer: Sendable {
        /// The status.
        public var status: Int
        /// Header fields. `Content-Length` is added unless it is here, or the answer is chunked.
        public var headers: [(name: String, value: String)]
        /// The body, as it is to be sent.
        public var body: [UInt8]
        /// Whether the body is sent in chunks of this many bytes.
        public var chunkSize: Int?
        /// How it gets to the client.
        public var delivery: Delivery
        /// What to wait for before anything is sent.
        public var gate: Gate?

        /// Creates an answer.
        public init(
            _ status: Int,
            headers: [(name: String, value: String)] = [],
            body: [UInt8] = [],
            chunkSize: Int? = nil,
            delivery: Delivery = .whole,
            after gate: Gate? = nil
        ) {
            self.status = status
            self.headers = headers
            self.body = body
            self.chunkSize = chunkSize
            self.delivery = delivery
            self.gate = gate
        }

        /// Creates an answer whose body is a text.
        public init(_ status: Int, headers: [(name: String, value: String)] = [], text: String, after gate: Gate? = nil)
        {
            self.init(status, headers: headers, body: Array(text.utf8), after: gate)
        }

        /// No answer at all.
        public static let never = Answer(200, delivery: .never)
        /// The connection is reset when the request has been read.
        public static let reset = Answer(200, delivery: .reset(after: 0))

        func bytes(for method: String) -> [UInt8] {
            var head = "HTTP/1.1 \(status) \(status == 200 ? "OK" : "Status")\r\n"
            for (name, value) in headers { head += "\(name): \(value)\r\n" }
            let hasLength = headers.contains { $0.name.lowercased() == "content-length" }
            let hasNoBody = status == 204 || status == 304 || status < 200
            if chunkSize != nil {
                head += "Transfer-Encoding: chunked\r\n"
            } else if !hasLength, !hasNoBody {
                head += "Content-Length: \(body.count)\r\n"
            }
            let bytes = Array("\(head)\r\n".utf8)
            if method == "HEAD" || hasNoBody { return bytes }
            guard let chunkSize else { return bytes + body }
            var rest = body[...]
            var chunks: [UInt8] = []
            while !rest.isEmpty {
                let chunk = rest.prefix(max(1, chunkSize))
                chunks += Array("\(String(chunk.count, radix: 16))\r\n".utf8) + chunk + Array("\r\n".utf8)
                rest = rest.dropFirst(chunk.count)
            }
            return bytes + chunks + Array("0\r\n\r\n".utf8)
        }
    }

    /// The port; 0 for a Unix socket.
    public let port: Int
    /// What requests begin with: `http://127.0.0.1:port`, or `http://localhost` for a Unix socket.
    public let url: String

    private let shared: Shared
    private let stopping: Int32
    private let isStopped = Atomic(false)

    /// What the thread and the test share.
    private final class Shared: Sendable {
        struct State {
            var answer: @Sendable (Request) -> Answer
            var requests: [Request] = []
            var connectionCount = 0
            var openCount = 0
            /// Answers whose gate has opened, by the number of their connection.
            var opened: [(connection: Int, answer: Answer, method: String)] = []
        }

        let state: Mutex<State>
        /// Written to when an answer's gate has opened; the thread reads the other end.
        let waking: Int32

        init(answer: @escaping @Sendable (Request) -> Answer, waking: Int32) {
            state = Mutex(State(answer: answer))
            self.waking = waking
        }

        deinit { close(waking) }

        func open(_ answer: Answer, of connection: Int, method: String) {
            state.withLock { $0.opened.append((connection, answer, method)) }
            var byte: UInt8 = 1
            _ = send(waking, &byte, 1, Int32(MSG_NOSIGNAL | MSG_DONTWAIT))
        }
    }

    /// Starts a server.
    ///
    /// - Parameters:
    ///   - unixSocket: The path to listen on instead of a port of 127.0.0.1.
    ///   - answer: Runs on the server's thread for each request, so it must not block: see ``Answer/gate``.
    /// - Throws: ``TestSupportError`` if it cannot listen.
    public init(unixSocket: String? = nil, answer: @escaping @Sendable (Request) -> Answer) throws {
        let listener: Int32
        if let unixSocket {
            listener = try Self.listen(on: unixSocket)
            port = 0
            url = "http://localhost"
        } else {
            let socket = try ListeningSocket()
            listener = socket.descriptor
            // Many clients may connect at once.
            Glibc.listen(listener, 1024)
            port = socket.port
            url = "http://127.0.0.1:\(socket.port)"
        }
        let (stop, wake) = (try SocketPair(), try SocketPair())
        shared = Shared(answer: answer, waking: wake.first)
        stopping = stop.first
        let shared = shared
        let started = BlockingThread.start {
            var server = HTTPFixtureLoop(listener: listener, stop: stop.second, wake: wake.second) { event in
                Self.handle(event, shared)
            }
            server.run()
        }
        guard started else { throw TestSupportError("cannot start a thread") }
    }

    /// Starts a server that gives these answers one after the other, and then the last one for ever.
    ///
    /// - Throws: ``TestSupportError`` if it cannot listen.
    public convenience init(script: [Answer]) throws {
        let next = Atomic(0)
        try self.init { _ in
            let index = next.wrappingAdd(1, ordering: .relaxed).oldValue
            return script.isEmpty ? Answer(200) : script[min(index, script.count - 1)]
        }
    }

    deinit { stop() }

    /// What was asked so far, in the order in which the last byte of each came.
    public var requests: [Request] { shared.state.withLock { $0.requests } }

    /// How many connections were accepted so far.
    public var connectionCount: Int { shared.state.withLock { $0.connectionCount } }

    /// How many connections are open now.
    public var openConnectionCount: Int { shared.state.withLock { $0.openCount } }

    /// Decides otherwise from now on.
    public func setAnswer(_ answer: @escaping @Sendable (Request) -> Answer) {
        shared.state.withLock { $0.answer = answer }
    }

    /// Waits until there have been so many requests.
    ///
    /// - Throws: As ``waitUntil(_:within:isolation:_:)``.
    public func waitForRequests(_ count: Int) async throws {
        try await waitUntil("\(count) requests came") { shared.state.withLock { $0.requests.count } >= count }
    }

    /// Closes the port and all connections.
    public func stop() {
        guard !isStopped.exchange(true, ordering: .relaxed) else { return }
        close(stopping)
    }

    private static func handle(_ event: HTTPFixtureLoop.Event, _ shared: Shared) -> [HTTPFixtureLoop.Reply] {
        switch event {
        case .accepted:
            shared.state.withLock {
                $0.connectionCount += 1
                $0.openCount += 1
            }
        case .closed:
            shared.state.withLock { $0.openCount -= 1 }
        case .request(let request):
            let answer = shared.state.withLock { state in
                state.requests.append(request)
                return state.answer
            }(request)
            guard let gate = answer.gate else {
                return [reply(answer, to: request.connection, method: request.method)]
            }
            Task {
                await gate.wait()
                shared.open(answer, of: request.connection, method: request.method)
            }
        case .woken:
            let opened = shared.state.withLock { state in
                defer { state.opened = [] }
                return state.opened
            }
            return opened.map { reply($0.answer, to: $0.connection, method: $0.method) }
        }
        return []
    }

    private static func reply(_ answer: Answer, to connection: Int, method: String) -> HTTPFixtureLoop.Reply {
        let (bytes, end): ([UInt8], HTTPFixtureLoop.End) =
            switch answer.delivery {
            case .whole: (answer.bytes(for: method), .staysOpen)
            case .reset(let count): (Array(answer.bytes(for: method).prefix(count)), .resets)
            case .cut(let count): (Array(answer.bytes(for: method).prefix(count)), .closes)
            case .raw(let bytes): (bytes, .closes)
            case .never: ([], .isSilent)
            }
        return HTTPFixtureLoop.Reply(connection: connection, bytes: bytes, end: end)
    }

    private static func listen(on path: String) throws -> Int32 {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else {
            throw TestSupportError("the path is too long: \(path)")
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        let bound = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard bound == 0, Glibc.listen(descriptor, 1024) == 0 else {
            let reason = lastSystemError()
            close(descriptor)
            throw TestSupportError("cannot listen on \(path): \(reason)")
        }
        return descriptor
    }
}
