import Dispatch
import ExportingModules
import Exposition
import GRDB
import GRDBSQLite
import Synchronization

/// Our tables in a file of SQLite.
final class SQLiteStore: SQLStore {
    private struct State {
        var database: DatabaseQueue?
        var cache = SeriesCache()
    }

    private let path: String
    private let schema: SQLiteSchema
    private let names: SQLNames
    private let takes: RecordKinds
    private let patience = Patience()
    private let state = Mutex(State())

    init(path: String, names: SQLNames, takes: RecordKinds) {
        self.path = path
        self.names = names
        schema = SQLiteSchema(names: names)
        self.takes = takes
    }

    // MARK: - Opening

    func open(until deadline: ContinuousClock.Instant) async throws {
        _ = try await database(until: deadline)
    }

    func close() async {
        let database = state.withLock { $0.database.take() }
        guard let database else { return }
        await OpeningQueue.run { try? database.close() }
    }

    private func database(until deadline: ContinuousClock.Instant) async throws -> DatabaseQueue {
        if let database = state.withLock({ $0.database }) { return database }
        let path = path
        patience.set(deadline)
        let configuration = configuration()
        let opened = await OpeningQueue.run { Result { try DatabaseQueue(path: path, configuration: configuration) } }
        do {
            let database = try opened.get()
            let (schema, names, takes) = (schema, names, takes)
            try await write(database, until: deadline) { database in
                try SQLiteMigration(schema: schema, names: names, takes: takes).run(database)
            }
            state.withLock { $0.database = database }
            return database
        } catch let error as DatabaseError {
            throw SQLiteErrors.classify(error, path: path)
        }
    }

    private func configuration() -> Configuration {
        var configuration = Configuration()
        configuration.label = "muster.sql"
        // Who else writes is waited for.
        configuration.busyMode = .callback { [patience] tries in
            guard patience.isLeft else { return false }
            sqlite3_sleep(tries < 20 ? 2 : 20)
            return true
        }
        configuration.journalMode = .wal
        configuration.prepareDatabase { database in
            // What was committed is on the disk, after a loss of power too.
            try database.execute(sql: "PRAGMA synchronous = FULL")
        }
        return configuration
    }

    /// Runs a transaction, which is interrupted at the deadline.
    private func write<Value: Sendable>(
        _ database: DatabaseQueue,
        until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        patience.set(deadline)
        return try await withThrowingTaskGroup(of: Value?.self) { group in
            group.addTask { try await database.write(body) }
            group.addTask {
                try await Task.sleep(until: deadline, clock: .continuous)
                return nil
            }
            let first = try await group.next()
            group.cancelAll()
            guard let first, let value = first else {
                throw SQLStoreError.unavailable(reason: "the database took too long", after: nil)
            }
            return value
        }
    }

    /// Does something with the file, which is opened if it is not.
    private func use<Value: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ body: @escaping @Sendable (Database) throws -> Value
    ) async throws -> Value {
        let database = try await database(until: deadline)
        do {
            return try await write(database, until: deadline, body)
        } catch let error as DatabaseError {
            // Somebody may have removed the tables or the whole file: it is looked at anew.
            if SQLiteErrors.needsReopening(error) { await close() }
            throw SQLiteErrors.classify(error, path: path)
        }
    }

    // MARK: - Records

    func insert(_ rows: ArraySlice<SampleRow>, until deadline: ContinuousClock.Instant) async throws {
        do {
            try await insertOnce(rows, until: deadline)
        } catch SQLStoreError.staleSeries {
            // Somebody has removed series that we thought were there.
            state.withLock { $0.cache.removeAll() }
            try await insertOnce(rows, until: deadline)
        }
    }

    private func insertOnce(_ rows: ArraySlice<SampleRow>, until deadline: ContinuousClock.Instant) async throws {
        let ids = state.withLock { state in rows.map { state.cache[$0.series.key] } }
        let schema = schema
        let found = try await use(until: deadline) { database in
            var found: [SeriesKey: Int64] = [:]
            let statement = try database.cachedStatement(sql: schema.addSample)
            for (row, known) in zip(rows, ids) {
                var id = known ?? found[row.series.key]
                if id == nil {
                    id = try Self.addSeries(row.series, schema, database)
                    found[row.series.key] = id
                }
                // NaN would become NULL anyway.
                let value = row.value.isNaN ? nil : row.value
                try statement.execute(arguments: [id, row.time, value])
            }
            return found
        }
        // Not before the transaction is done.
        state.withLock { $0.cache.add(found) }
    }

    private static func addSeries(_ row: SeriesRow, _ schema: SQLiteSchema, _ database: Database) throws -> Int64 {
        let digest = row.key.digest
        let add = try database.cachedStatement(sql: schema.addSeries)
        let labels = JSONText.object(row.labels)
        try add.execute(arguments: [digest, row.name, row.service, labels, row.kind.rawValue])
        let find = try database.cachedStatement(sql: schema.findSeries)
        guard let id = try Int64.fetchOne(find, arguments: [digest]) else {
            throw SQLStoreError.staleSeries(reason: "a series that was inserted is not there")
        }
        return id
    }

    func insert(_ row: AlertRow, until deadline: ContinuousClock.Instant) async throws {
        let schema = schema
        try await use(until: deadline) { database in
            let alert = row.alert
            try database.cachedStatement(sql: schema.addAlert).execute(arguments: [
                alert.id, alert.state.rawValue, alert.status.rawValue, alert.stat, alert.service,
                JSONText.object(alert.labels), alert.value.isNaN ? nil : alert.value, alert.code, alert.probability,
                alert.threshold, alert.drift, alert.confidence.rawValue, alert.start, alert.end, row.time,
            ])
        }
    }

    func removeRows(
        before time: Int64,
        limit: Int,
        sweepingSeries: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        let (schema, takes) = (schema, takes)
        let (hasMore, swept) = try await use(until: deadline) { database in
            var most = 0
            func remove(_ sql: String, _ arguments: StatementArguments) throws {
                try database.cachedStatement(sql: sql).execute(arguments: arguments)
                most = max(most, database.changesCount)
            }
            if takes.contains(.samples) { try remove(schema.removeSamples, [time, limit]) }
            if takes.contains(.alerts) { try remove(schema.removeAlerts, [time, limit]) }
            let sweeps = takes.contains(.samples) && sweepingSeries && most < limit
            if sweeps { try remove(schema.removeSeries, [limit]) }
            return (most >= limit, sweeps)
        }
        if swept { state.withLock { $0.cache.removeAll() } }
        return hasMore
    }
}

/// How long is waited for others that write to the file.
private final class Patience: Sendable {
    private let deadline = Mutex(ContinuousClock.now)

    func set(_ deadline: ContinuousClock.Instant) { self.deadline.withLock { $0 = deadline } }

    var isLeft: Bool { .now < deadline.withLock { $0 } }
}

/// Where files are opened and closed, which blocks.
private enum OpeningQueue {
    private static let queue = DispatchQueue(label: "muster.sql.open")

    static func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { continuation in
            queue.async { continuation.resume(returning: body()) }
        }
    }
}
