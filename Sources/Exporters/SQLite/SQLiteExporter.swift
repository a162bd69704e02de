public import ExporterKit
import Logging
public import QueryFiles
import Synchronization
import Transport

/// Runs query files on one SQLite file, which it opens read-only and never creates.
///
/// Each group of queries has a connection of its own, so that a slow group keeps no other waiting. A file that is
/// replaced by another of the same name is opened again at the next collection.
public final class SQLiteExporter: Exporter {
    private let plan: QueryPlan
    private let own: [SQLiteCollector]
    private let probe: FileConnection
    private let timeout: Duration
    private let facts = Mutex<ServerFacts?>(nil)

    init(
        path: String,
        settings: SQLiteSettings,
        interval: Duration,
        timeout: Duration,
        pool: BlockingPool,
        logger: Logger
    ) {
        let options = FileConnection.Options(
            path: path,
            isImmutable: settings.isImmutable,
            limits: ResultLimits(rows: settings.maximumRows)
        )
        let plan = QueryPlan(
            settings.queries,
            interval: interval,
            timeout: timeout,
            queryTimeout: settings.timeout ?? timeout / 2
        )
        self.plan = plan
        self.timeout = timeout
        own = plan.groups.map { group in
            SQLiteCollector(group: group, connection: FileConnection(options, pool: pool), logger: logger)
        }
        probe = own.first?.connection ?? FileConnection(options, pool: pool)
    }

    /// One for each interval among the queries.
    public var collectors: [any MetricCollector] { own }

    /// Collectors share nothing.
    public var collectsExclusively: Bool { false }

    /// Opens the file and finds out about it.
    ///
    /// - Throws: ``SQLiteExporterError`` if it is missing, is no database, or stays locked.
    public func setUp() async throws {
        let found = try await probe.run(within: timeout) { session in session.facts }
        facts.withLock { $0 = found }
    }

    /// Interrupts what runs and closes all connections.
    public func close() async {
        await withDiscardingTaskGroup { group in
            for collector in own { group.addTask { await collector.connection.close() } }
            group.addTask { await self.probe.close() }
        }
    }

    /// Which queries are run on this database, and why the others are not; nil before it was reached.
    public func explain() -> [QueryPlan.Explanation]? {
        facts.withLock { $0 }.map(plan.explain)
    }
}
