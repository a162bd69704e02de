public import ExportingModules
import Glibc
import Synchronization

/// The module `sql`: samples and alerts in tables of SQLite or PostgreSQL, which it makes and migrates by itself.
///
/// Series are in a table of their own (`muster_samples_series`: name, service, labels as JSON, kind), samples refer to them
/// (`muster_samples`: `series_id`, `time`, `value`), and the view `muster_samples_view` joins the two. Alerts are in
/// `muster_alerts`, one row each, which is brought up to date when the alert ends. Times are `timestamptz` in PostgreSQL, and
/// milliseconds since 1970 in SQLite. The name of the run is not stored: a series goes on over runs.
///
/// A sample that comes again, of the same series and time, stays as it was first. Batches are transactions: by COPY in
/// PostgreSQL, row by row with one prepared statement in SQLite. A row that the database refuses is found by halving the batch,
/// and rejected with the database's reason; the others are stored. Names and labels with a NUL are rejected, because neither
/// database can store them, and so are times before the year 1 or after 9999.
///
/// NaN and infinities are stored as they are in PostgreSQL. SQLite keeps infinities, has NULL for NaN, and 0 for -0.
///
/// PostgreSQL: the user needs the right to make tables in the schema, and temporary tables in the database. After a version
/// was migrated to once, only the latter.
public final class SQLModule: ExportingModule {
    /// `sql`.
    public static let name = "sql"

    /// What can be configured.
    public static let parameters = SQLModule.allParameters

    /// True: a database may be away for a while.
    public static let crossesNetwork = true

    /// What it is configured to write.
    public var takes: RecordKinds { settings.takes }

    /// As configured.
    public var batchSize: Int { settings.batchSize }

    /// How many rows of a table are removed at once.
    static let removalLimit = 10_000
    private static let removalInterval: Int64 = 60_000
    private static let sweepInterval: Int64 = 3_600_000

    private let settings: SQLSettings
    private let context: ModuleContext
    private let now: @Sendable () -> Int64
    private let state = Mutex(State())

    private struct State {
        var store: (any SQLStore)?
        /// When old rows are looked for next, in milliseconds since 1970.
        var nextRemoval: Int64 = 0
        var nextSweep: Int64 = 0
        var retentionProblem: String?
    }

    /// Creates the module; nothing is opened yet.
    public convenience init(configuration: ModuleConfiguration) throws {
        try self.init(configuration: configuration) {
            var time = timespec()
            clock_gettime(CLOCK_REALTIME, &time)
            return Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
        }
    }

    /// Creates the module with another clock, in milliseconds since 1970.
    init(configuration: ModuleConfiguration, now: @escaping @Sendable () -> Int64) throws {
        settings = try SQLSettings(configuration)
        context = configuration.context
        self.now = now
    }

    /// Why old rows could not be removed the last time; nil if they could. Records are written all the same.
    public var retentionProblem: String? { state.withLock { $0.retentionProblem } }

    /// Opens the database, and makes or migrates the tables.
    public func start(series: String) async throws {
        let store = try makeStore()
        do {
            try await store.open(until: .now + settings.timeout)
        } catch {
            await store.close()
            throw error
        }
        state.withLock { $0 = State(store: store) }
    }

    /// Inserts samples.
    public func write(time: Int64, samples: [Sample]) async throws -> Delivery {
        let store = try started()
        let deadline = ContinuousClock.now + settings.timeout
        var rejected: [Int: String] = [:]
        var places: [Int] = []
        var rows: [SampleRow] = []
        rows.reserveCapacity(samples.count)
        for (place, sample) in samples.enumerated() {
            if let problem = StorableRecords.problem(sample) {
                rejected[place] = problem
                continue
            }
            let key = SeriesKey(name: sample.name, service: sample.service, labels: sample.labels)
            let series = SeriesRow(
                key: key,
                name: sample.name,
                service: sample.service,
                labels: sample.labels,
                kind: sample.kind
            )
            rows.append(SampleRow(series: series, time: sample.timestamp, value: sample.value))
            places.append(place)
        }
        let all = rows
        let answer = try await BatchInsertion.run(count: all.count) { range in
            try await store.insert(all[range], until: deadline)
        }
        let delivery = Delivery(count: samples.count, rejected: rejected, sent: places, answer)
        if answer.retryCount == 0 { await removeOldRows(store) }
        return delivery
    }

    /// Inserts an alert, or brings it up to date.
    public func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome {
        let store = try started()
        if let problem = StorableRecords.problem(alert, time: time) { return .rejected(reason: problem) }
        let deadline = ContinuousClock.now + settings.timeout
        let answer = try await BatchInsertion.run(count: 1) { _ in
            try await store.insert(AlertRow(alert: alert, time: time), until: deadline)
        }
        return answer[0]
    }

    /// Closes the database.
    public func close() async throws {
        let store = state.withLock { $0.store.take() }
        await store?.close()
    }

    private func started() throws -> any SQLStore {
        guard let store = state.withLock({ $0.store }) else {
            throw ModuleIOError(operation: "write to", target: "the database", message: "the module is not started")
        }
        return store
    }

    private func makeStore() throws -> any SQLStore {
        switch settings.place {
        case .sqlite(let path):
            return SQLiteStore(path: path, names: settings.names, takes: settings.takes)
        case .postgresql(let server):
            return PostgresStore(
                server: server,
                names: settings.names,
                takes: settings.takes,
                timeout: settings.timeout,
                context: context,
                network: try context.requiredNetwork()
            )
        }
    }

    /// Removes some of the rows that are too old, if it is time for that.
    private func removeOldRows(_ store: any SQLStore) async {
        guard let retention = settings.retention else { return }
        let now = now()
        let (isDue, sweeps) = state.withLock { (now >= $0.nextRemoval, now >= $0.nextSweep) }
        guard isDue else { return }
        let (seconds, attoseconds) = retention.components
        let age = min(seconds, 1 << 40) * 1000 + attoseconds / 1_000_000_000_000_000
        do {
            let hasMore = try await store.removeRows(
                before: max(StorableRecords.times.lowerBound, now - age),
                limit: Self.removalLimit,
                sweepingSeries: sweeps,
                until: .now + settings.timeout
            )
            state.withLock { state in
                state.retentionProblem = nil
                if hasMore { return }
                state.nextRemoval = now + Self.removalInterval
                if sweeps { state.nextSweep = now + Self.sweepInterval }
            }
        } catch {
            state.withLock { state in
                state.retentionProblem = "\(error)"
                state.nextRemoval = now + Self.removalInterval
            }
        }
    }
}
