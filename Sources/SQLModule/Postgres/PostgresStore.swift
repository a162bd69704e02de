import ExportingModules
import Exposition
import PostgresClient
import Settings
import Synchronization
import Transport

/// Our tables on a PostgreSQL server.
final class PostgresStore: SQLStore {
    private struct State {
        var connection: PostgresConnection?
        var cache = SeriesCache()
    }

    private let server: SQLSettings.Server
    private let names: SQLNames
    private let schema: PostgresSchema
    private let takes: RecordKinds
    private let timeout: Duration
    private let context: ModuleContext
    private let network: NetworkServices
    private let state = Mutex(State())

    init(
        server: SQLSettings.Server,
        names: SQLNames,
        takes: RecordKinds,
        timeout: Duration,
        context: ModuleContext,
        network: NetworkServices
    ) {
        self.server = server
        self.names = names
        schema = PostgresSchema(names: names)
        self.takes = takes
        self.timeout = timeout
        self.context = context
        self.network = network
    }

    // MARK: - Connecting

    func open(until deadline: ContinuousClock.Instant) async throws {
        try await use(until: deadline) { _ in }
    }

    func close() async {
        let connection = state.withLock { $0.connection.take() }
        connection?.finish()
    }

    /// Does something with the connection, which is made if there is none.
    private func use<Value: Sendable>(
        until deadline: ContinuousClock.Instant,
        _ body: (PostgresConnection) async throws -> Value
    ) async throws -> Value {
        do {
            let connection = try await connection(until: deadline)
            do {
                let value = try await body(connection)
                putBack(connection)
                return value
            } catch {
                await giveBack(connection, after: error, until: deadline)
                throw error
            }
        } catch let error as PostgresError {
            throw PostgresErrors.classify(error, server: server)
        } catch let error as TransportError {
            throw SQLStoreError.unavailable(reason: "\(server.endpoint): \(error.message)", after: nil)
        }
    }

    private func putBack(_ connection: PostgresConnection) {
        if connection.isUsable { state.withLock { $0.connection = connection } } else { connection.finish() }
    }

    private func giveBack(
        _ connection: PostgresConnection,
        after error: any Error,
        until deadline: ContinuousClock.Instant
    ) async {
        if connection.isInTransaction { _ = try? await connection.runScript("ROLLBACK", until: deadline) }
        // A table that is missing is looked for by the next connection, which makes it.
        let isMissing = ["42P01", "3F000"].contains((error as? PostgresError)?.state ?? "")
        if isMissing || connection.isInTransaction { connection.finish() }
        putBack(connection)
    }

    private func connection(until deadline: ContinuousClock.Instant) async throws -> PostgresConnection {
        if let connection = state.withLock({ $0.connection.take() }) {
            if connection.isUsable { return connection }
            connection.finish()
        }
        let connection = try await PostgresConnection.open(
            try parameters(),
            reactor: network.reactor,
            resolver: network.resolver,
            pool: network.pool,
            until: deadline
        )
        do {
            let migration = PostgresMigration(schema: schema, names: names, takes: takes)
            try await migration.run(connection, begin: begin, until: deadline)
            return connection
        } catch {
            connection.finish()
            throw error
        }
    }

    private func parameters() throws -> PostgresParameters {
        var parameters = PostgresParameters(
            host: server.host,
            port: server.port,
            user: server.user,
            database: server.database,
            sslMode: server.sslMode
        )
        do {
            parameters.password = try server.password.map { try context.reveal($0).reveal() }
        } catch {
            throw SQLStoreError.unavailable(reason: "\(error)", after: nil)
        }
        parameters.sslRootCertificate = server.sslRootCertificate
        parameters.sslCertificate = server.sslCertificate
        parameters.sslKey = server.sslKey
        return parameters
    }

    /// Begins a transaction that the server ends by itself when it takes too long. All is set for the transaction, so
    /// that a pooler can give the session to others in between.
    private var begin: String {
        let (seconds, attoseconds) = timeout.components
        let milliseconds = max(1, min(seconds, 1_000_000) * 1000 + attoseconds / 1_000_000_000_000_000)
        return """
            BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE;
            SET LOCAL statement_timeout = \(milliseconds);
            SET LOCAL lock_timeout = \(milliseconds)
            """
    }

    // MARK: - Samples

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
        var ids: [SeriesKey: Int64] = [:]
        var unknown: [SeriesKey: SeriesRow] = [:]
        state.withLock { state in
            for row in rows where ids[row.series.key] == nil && unknown[row.series.key] == nil {
                if let id = state.cache[row.series.key] {
                    ids[row.series.key] = id
                } else {
                    unknown[row.series.key] = row.series
                }
            }
        }
        let (known, new) = (ids, Array(unknown.values))
        let found = try await use(until: deadline) { connection in
            try await connection.runScript("\(begin);\n\(schema.staging)", until: deadline)
            let found = try await addSeries(new, connection, until: deadline)
            let text = Self.copyText(rows) { known[$0] ?? found[$0] }
            guard text.rowCount == rows.count else {
                throw SQLStoreError.staleSeries(reason: "a series that was inserted is not there")
            }
            try await connection.copy(schema.copySamples, text, until: deadline)
            try await connection.runScript("\(schema.mergeSamples);\nCOMMIT", until: deadline)
            return found
        }
        // Not before the transaction is done.
        state.withLock { $0.cache.add(found) }
    }

    private static func copyText(_ rows: ArraySlice<SampleRow>, id: (SeriesKey) -> Int64?) -> CopyText {
        var text = CopyText()
        for row in rows {
            guard let id = id(row.series.key) else { continue }
            text.field(id)
            text.field(TimeFormat.iso(row.time))
            text.field(row.value)
            text.endRow()
        }
        return text
    }

    /// Sees to it that series are there, and returns their numbers.
    private func addSeries(
        _ series: [SeriesRow],
        _ connection: PostgresConnection,
        until deadline: ContinuousClock.Instant
    ) async throws -> [SeriesKey: Int64] {
        guard !series.isEmpty else { return [:] }
        var keys: [String: SeriesKey] = [:]
        var text = CopyText()
        for row in series {
            let digest = row.key.digest
            keys[digest] = row.key
            text.field(digest)
            text.field(row.name)
            text.field(row.service)
            text.field(JSONText.object(row.labels))
            text.field(row.kind.rawValue)
            text.endRow()
        }
        try await connection.copy(schema.copySeries, text, until: deadline)
        try await connection.execute(schema.mergeSeries, until: deadline)
        var ids: [SeriesKey: Int64] = [:]
        for row in try await connection.execute(schema.findSeries, until: deadline).rows where row.count == 2 {
            if let digest = row[0], let key = keys[digest], let id = row[1].flatMap({ Int64($0) }) { ids[key] = id }
        }
        return ids
    }

    // MARK: - Alerts

    func insert(_ row: AlertRow, until deadline: ContinuousClock.Instant) async throws {
        let alert = row.alert
        let values: [String?] = [
            alert.id, alert.state.rawValue, alert.status.rawValue, alert.stat, alert.service,
            JSONText.object(alert.labels), Self.number(alert.value), String(alert.code),
            Self.number(alert.probability), alert.threshold.map(Self.number), alert.drift.map(Self.number),
            alert.confidence.rawValue, TimeFormat.iso(alert.start), alert.end.map { TimeFormat.iso($0) },
            TimeFormat.iso(row.time),
        ]
        try await use(until: deadline) { connection in
            try await connection.runScript(begin, until: deadline)
            try await connection.execute(schema.mergeAlert, values, until: deadline)
            try await connection.runScript("COMMIT", until: deadline)
        }
    }

    private static func number(_ value: Double) -> String {
        value.isInfinite ? (value > 0 ? "Infinity" : "-Infinity") : NumberFormat.plain(value)
    }

    // MARK: - Removal

    func removeRows(
        before time: Int64,
        limit: Int,
        sweepingSeries: Bool,
        until deadline: ContinuousClock.Instant
    ) async throws -> Bool {
        let (time, count) = (TimeFormat.iso(time), String(limit))
        return try await use(until: deadline) { connection in
            var hasMore = false
            func remove(_ sql: String, _ parameters: [String]) async throws {
                try await connection.runScript(begin, until: deadline)
                let removed = try await connection.execute(sql, parameters, until: deadline).count
                try await connection.runScript("COMMIT", until: deadline)
                hasMore = hasMore || removed >= limit
            }
            if takes.contains(.samples) { try await remove(schema.removeSamples, [time, count]) }
            if takes.contains(.alerts) { try await remove(schema.removeAlerts, [time, count]) }
            if takes.contains(.samples), sweepingSeries, !hasMore {
                try await remove(schema.removeSeries, [count])
                state.withLock { $0.cache.removeAll() }
            }
            return hasMore
        }
    }
}
