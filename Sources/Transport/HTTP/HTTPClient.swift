import Synchronization

/// An HTTP client for many servers: libcurl on one thread of a reactor, with connections that are kept and bounded.
///
/// HTTP/1.1, and HTTP/2 where an `https` server speaks it. Nothing is shared between clients, there are no cookies, and
/// neither `.netrc` nor the environment's proxies are looked at.
public final class HTTPClient: Sendable {
    /// The bounds of a client.
    public struct Configuration: Sendable, Hashable {
        /// How many exchanges may be under way at the same time; more of them wait their turn. As many connections are
        /// kept for later.
        public var maximumConnections: Int
        /// How many exchanges with one host and port may be under way at the same time.
        public var maximumConnectionsPerHost: Int
        /// How many exchanges may wait for their turn; more are refused.
        public var maximumQueue: Int
        /// What the client calls itself; control characters are left out.
        public var userAgent: String
        /// How many bytes the headers of an answer may have together.
        public var maximumHeaderBytes: Int
        /// How many header fields an answer may have.
        public var maximumHeaderCount: Int

        /// Creates a configuration. Numbers count as at least 1, and at most a million.
        public init(
            maximumConnections: Int = 512,
            maximumConnectionsPerHost: Int = 16,
            maximumQueue: Int = 16_384,
            userAgent: String = "muster",
            maximumHeaderBytes: Int = 64 * 1024,
            maximumHeaderCount: Int = 256
        ) {
            self.maximumConnections = maximumConnections
            self.maximumConnectionsPerHost = maximumConnectionsPerHost
            self.maximumQueue = maximumQueue
            self.userAgent = userAgent
            self.maximumHeaderBytes = maximumHeaderBytes
            self.maximumHeaderCount = maximumHeaderCount
        }

        /// The same with every number in its range.
        var limited: Configuration {
            func limit(_ number: Int) -> Int { min(max(1, number), 1_000_000) }
            return Configuration(
                maximumConnections: limit(maximumConnections),
                maximumConnectionsPerHost: limit(maximumConnectionsPerHost),
                maximumQueue: limit(maximumQueue),
                userAgent: String(userAgent.unicodeScalars.filter { $0.value >= 0x20 && $0.value != 0x7F }),
                maximumHeaderBytes: limit(maximumHeaderBytes),
                maximumHeaderCount: limit(maximumHeaderCount)
            )
        }
    }

    private let engine: HTTPEngine
    private let resolver: HostResolver
    private let addresses = Mutex(AddressCache())
    private let running = Atomic(0)

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - reactor: Whose thread does the work; it has to run when requests are executed.
    ///   - resolver: Looks names up, so that libcurl never does; the default has threads of its own.
    ///   - configuration: The bounds.
    public init(reactor: Reactor, resolver: HostResolver? = nil, configuration: Configuration = Configuration()) {
        self.resolver = resolver ?? HostResolver(pool: BlockingPool())
        engine = HTTPEngine(reactor: reactor, configuration: configuration.limited)
    }

    deinit { shutdown() }

    /// How many exchanges are under way, those that wait for their turn included.
    public var runningCount: Int { running.load(ordering: .relaxed) }

    /// Sends a request and waits for the whole answer.
    ///
    /// A request whose connection turns out to be closed by the server, before a byte of the answer came, is sent again
    /// on another one.
    ///
    /// - Throws: ``HTTPError``; `CancellationError` when the task is cancelled, which ends the exchange at once.
    public func execute(_ request: HTTPRequest) async throws -> HTTPResponse {
        running.wrappingAdd(1, ordering: .relaxed)
        defer { running.wrappingSubtract(1, ordering: .relaxed) }
        try Task.checkCancellation()
        let deadline = ContinuousClock.now + request.timeout.limited
        var (request, address) = (
            request, try Self.named(request) { () throws(HTTPError) in try HTTPAddress(request.url) }
        )
        for _ in 0...HTTPRedirect.maximum {
            let response = try await exchange(request, address, until: deadline)
            guard let next = try HTTPRedirect.next(after: response, to: request, at: address) else { return response }
            (request, address) = next
        }
        throw HTTPError(code: .protocolViolation, message: "\(request): more than \(HTTPRedirect.maximum) redirects")
    }

    /// Ends every exchange with an error, now and later, and closes all connections. Doing it twice does nothing.
    public func shutdown() {
        engine.shutdown()
    }

    private func exchange(
        _ request: HTTPRequest,
        _ address: HTTPAddress,
        until deadline: ContinuousClock.Instant
    ) async throws -> HTTPResponse {
        var exchange = try Self.named(request) { () throws(HTTPError) in
            try HTTPExchange(request, to: address, deadline: deadline)
        }
        guard let (host, port) = exchange.peer, !HostResolver.isNumeric(host) else {
            return try await engine.run(exchange)
        }
        exchange.resolve(host, port, to: try await look(up: host, for: request, until: deadline))
        guard exchange.resolution != nil else {
            throw HTTPError(code: .resolution, message: "\(request): \"\(host)\" has no usable address")
        }
        do {
            return try await engine.run(exchange)
        } catch let error as HTTPError where error.code == .connection || error.code == .timedOut {
            // The host may have moved.
            addresses.withLock { $0.forget(host) }
            throw error
        }
    }

    private func look(
        up host: String,
        for request: HTTPRequest,
        until deadline: ContinuousClock.Instant
    ) async throws -> [String] {
        let now = ContinuousClock.now
        if let known = addresses.withLock({ $0.addresses(of: host, at: now) }) { return known }
        do {
            let until = min(deadline, now + request.connectTimeout.limited)
            let found = try await resolver.addresses(of: host, until: until)
            addresses.withLock { $0.store(found, of: host, at: .now) }
            return found
        } catch let error as TransportError {
            let code: HTTPError.Code = error.code == .timedOut ? .timedOut : .resolution
            throw HTTPError(code: code, message: "\(request): \(error.message)")
        }
    }

    /// Adds the request to the message of an error.
    private static func named<Value>(
        _ request: HTTPRequest,
        _ body: () throws(HTTPError) -> Value
    ) throws(HTTPError) -> Value {
        do {
            return try body()
        } catch {
            throw HTTPError(code: error.code, message: "\(request): \(error.message)")
        }
    }
}
