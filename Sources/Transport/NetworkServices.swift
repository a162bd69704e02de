/// What everything that uses the network shares: the reactor's threads, the threads for calls that block, the look-up
/// of names, and the HTTP client.
public final class NetworkServices: Sendable {
    /// Waits for descriptors.
    public let reactor: Reactor
    /// Runs calls that block.
    public let pool: BlockingPool
    /// Looks names up, on the pool.
    public let resolver: HostResolver
    /// Speaks HTTP, on the reactor.
    public let http: HTTPClient

    /// Makes the parts; they run after ``start()``.
    ///
    /// - Parameters:
    ///   - threads: How many threads the reactor has.
    ///   - configuration: How the HTTP client works.
    /// - Throws: ``TransportError`` when the system has no more descriptors.
    public init(
        threads: Int = 1,
        http configuration: HTTPClient.Configuration = HTTPClient.Configuration()
    ) throws(TransportError) {
        reactor = try Reactor(threads: threads)
        pool = BlockingPool()
        resolver = HostResolver(pool: pool)
        http = HTTPClient(reactor: reactor, resolver: resolver, configuration: configuration)
    }

    /// Starts the threads. Starting twice does nothing.
    ///
    /// - Throws: ``TransportError`` when there can be no more threads, or after ``stop()``.
    public func start() throws(TransportError) {
        try reactor.start()
    }

    /// Ends what is under way with errors, and the threads. It cannot be started again. Stopping twice does nothing.
    public func stop() {
        http.shutdown()
        reactor.stop()
    }
}
