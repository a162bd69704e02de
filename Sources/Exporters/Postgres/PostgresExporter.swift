import ExporterKinds
public import ExporterKit
public import Logging
import PostgresClient
public import QueryFiles
import Synchronization
public import Transport

/// Exports one PostgreSQL database: runs the queries of its files over one persistent connection.
///
/// All queries that are due together go to the server in one pipeline, so that a collection is one round trip; each is a
/// transaction of its own, read-only, and fails alone. A lost connection is opened again by the next collection, within
/// that collection's time. What a deadline or a cancellation leaves behind is cancelled at the server too.
public final class PostgresExporter: Exporter {
    let configuration: PostgresConfiguration
    let reactor: Reactor
    let pool: BlockingPool
    let logger: Logger
    let slot = SessionSlot()

    private let resolver: HostResolver
    private let groups: [QueryGroup]
    private let base: TimeBudget
    let problemLog: QueryProblemLog
    private let facts = Mutex<ServerFacts?>(nil)

    /// Creates an exporter that is not connected yet.
    ///
    /// - Parameters:
    ///   - configuration: The server.
    ///   - queries: What to run.
    ///   - interval: How often, for queries without an interval of their own.
    ///   - timeout: How long a collection may take.
    ///   - reactor: What waits for the connection; it must be running.
    ///   - resolver: What turns the host's name into addresses.
    ///   - pool: Where cancelling at the server blocks.
    ///   - logger: Gets a line when a query's metrics begin to be wrong.
    public init(
        _ configuration: PostgresConfiguration,
        queries: [QueryDefinition],
        interval: Duration,
        timeout: Duration,
        reactor: Reactor,
        resolver: HostResolver,
        pool: BlockingPool,
        logger: Logger
    ) {
        self.configuration = configuration
        self.reactor = reactor
        self.resolver = resolver
        self.pool = pool
        self.logger = logger
        problemLog = QueryProblemLog(logger)
        base = TimeBudget(timeout: timeout, statementTimeout: configuration.statementTimeout)
        let plan = QueryPlan(queries, interval: interval, timeout: timeout, queryTimeout: base.statement)
        if plan.groups.isEmpty {
            // Whether the server is up is worth knowing without any query.
            groups = [QueryGroup(name: "queries", interval: interval, timeout: timeout, queries: [], isBase: true)]
        } else {
            // The first one has the shortest interval.
            groups = plan.groups.enumerated().map { QueryGroup($0.element, isBase: $0.offset == 0) }
        }
    }

    /// One collector per interval.
    public var collectors: [any MetricCollector] {
        groups.map { PostgresCollector(exporter: self, group: $0) }
    }

    /// Connects and logs in.
    ///
    /// - Throws: ``PostgresError`` with the server's or libpq's reason; `CancellationError`.
    public func setUp() async throws {
        let deadline = ContinuousClock.now.advanced(by: base.collection)
        let session = try await timed("waiting for the connection") {
            try await slot.take(until: deadline)
        }
        do {
            slot.putBack(try await usable(session, until: deadline))
        } catch {
            slot.putBack(nil)
            throw error
        }
    }

    /// Closes the connection.
    public func close() async {
        slot.close()
    }

    /// What is known of the server from its last session; nil if there was none.
    var lastFacts: ServerFacts? { facts.withLock { $0 } }

    func remember(_ session: ServerSession) {
        facts.withLock { $0 = session.facts }
    }

    func budget(of group: QueryGroup) -> TimeBudget {
        TimeBudget(timeout: group.timeout, statementTimeout: configuration.statementTimeout)
    }

    /// How long the session lets a query run.
    var sessionStatementTimeout: Duration { base.statement }

    /// A session that was kept, or a new one in its place if it is known to be lost.
    func usable(_ session: ServerSession?, until deadline: ContinuousClock.Instant) async throws -> ServerSession {
        if let session {
            if session.connection.isUsable { return session }
            session.connection.finish()
        }
        return try await open(until: deadline)
    }

    /// Opens a session at the first of the host's addresses that lets us in.
    func open(until deadline: ContinuousClock.Instant) async throws -> ServerSession {
        var deadline = deadline
        if let limit = configuration.connectTimeout {
            deadline = min(deadline, ContinuousClock.now.advanced(by: limit))
        }
        let addresses = try await addresses(until: deadline)
        var failure: (any Error)?
        for (index, address) in addresses.enumerated() {
            // An address that does not answer leaves its share of the time to the others.
            let now = ContinuousClock.now
            let share = now.duration(to: deadline) / (addresses.count - index)
            do {
                return try await timed("connecting to \(endpoint(address))") {
                    try await ServerSession.open(
                        configuration,
                        address: address,
                        statementTimeout: base.statement,
                        reactor: reactor,
                        until: now.advanced(by: share)
                    )
                }
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = error
            }
        }
        throw failure ?? PostgresError(code: .cannotConnect, message: "\(configuration.host) has no address")
    }

    private func addresses(until deadline: ContinuousClock.Instant) async throws -> [String?] {
        if configuration.parameters.isLocalSocket { return [nil] }
        do {
            return try await resolver.addresses(of: configuration.host, until: deadline)
        } catch let error as TransportError {
            throw PostgresError(code: error.code == .timedOut ? .timedOut : .cannotConnect, message: error.message)
        }
    }

    private func endpoint(_ address: String?) -> String {
        guard let address, address != configuration.host else { return configuration.endpoint }
        return "\(configuration.endpoint) (\(address))"
    }
}

/// Gives a deadline's error the name of what was under way.
func timed<Value>(
    _ action: @autoclosure () -> String,
    isolation: isolated (any Actor)? = #isolation,
    _ body: () async throws -> Value
) async throws -> Value {
    do {
        return try await body()
    } catch let error as TransportError {
        let message = error.code == .timedOut ? "\(action()) timed out" : "\(action()): \(error.message)"
        throw PostgresError(code: error.code == .timedOut ? .timedOut : .connectionLost, message: message)
    }
}
