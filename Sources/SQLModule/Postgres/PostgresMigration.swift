import ExportingModules
import PostgresClient

/// Brings the tables on a server to the present version.
struct PostgresMigration {
    let schema: PostgresSchema
    let names: SQLNames
    let takes: RecordKinds

    /// Looks at the versions, and changes what is behind. Programs that do so at once do it one after another.
    ///
    /// - Parameter begin: The statements that begin a transaction.
    func run(_ connection: PostgresConnection, begin: String, until deadline: ContinuousClock.Instant) async throws {
        var parts: [(name: String, steps: [[String]])] = []
        if takes.contains(.samples) { parts.append((names.samplesTable, schema.samples)) }
        if takes.contains(.alerts) { parts.append((names.alertsTable, schema.alerts)) }
        // Mostly there is nothing to do, and then nothing is locked.
        let present = try await versions(connection, until: deadline)
        guard try parts.contains(where: { try behind($0.steps, present[$0.name], $0.name) }) else { return }
        try await connection.runScript(begin, until: deadline)
        try await connection.execute("SELECT pg_advisory_xact_lock(120272862015858)", until: deadline)
        try await makeVersions(connection, until: deadline)
        let versions = try await versions(connection, until: deadline)
        for part in parts where try behind(part.steps, versions[part.name], part.name) {
            for step in part.steps.dropFirst(versions[part.name] ?? 0) {
                for statement in step { try await connection.execute(statement, until: deadline) }
            }
            try await connection.execute(
                """
                INSERT INTO \(names.versions) (name, version) VALUES ($1, $2)
                ON CONFLICT (name) DO UPDATE SET version = excluded.version
                """,
                [part.name, String(part.steps.count)],
                until: deadline
            )
        }
        try await connection.runScript("COMMIT", until: deadline)
    }

    private func behind(_ steps: [[String]], _ version: Int?, _ name: String) throws(SQLStoreError) -> Bool {
        let version = version ?? 0
        guard version <= steps.count else {
            throw .unavailable(
                reason: "the table \(name) has version \(version), and this program knows it up to \(steps.count)",
                after: .seconds(30)
            )
        }
        return version < steps.count
    }

    private func versions(
        _ connection: PostgresConnection,
        until deadline: ContinuousClock.Instant
    ) async throws -> [String: Int] {
        guard try await hasVersions(connection, until: deadline) else { return [:] }
        let rows = try await connection.execute("SELECT name, version FROM \(names.versions)", until: deadline).rows
        var versions: [String: Int] = [:]
        for row in rows where row.count == 2 {
            if let name = row[0], let version = row[1].flatMap({ Int($0) }) { versions[name] = version }
        }
        return versions
    }

    /// Whether there is a table of versions. `to_regclass` alone may answer from what the session remembers; the lock of
    /// `pg_class` makes it take notice of what others have made.
    private func hasVersions(_ connection: PostgresConnection, until deadline: ContinuousClock.Instant) async throws
        -> Bool
    {
        let isThere = "SELECT EXISTS (SELECT FROM pg_catalog.pg_class WHERE oid = to_regclass($1))"
        return try await connection.execute(isThere, [names.versions], until: deadline).value == "t"
    }

    /// Makes the schema and the table of versions. Asked for first, because `IF NOT EXISTS` needs the right to make them
    /// also where they are there.
    private func makeVersions(_ connection: PostgresConnection, until deadline: ContinuousClock.Instant) async throws {
        if let name = names.schema {
            let isThere = "SELECT EXISTS (SELECT FROM pg_catalog.pg_namespace WHERE nspname = $1)"
            if try await connection.execute(isThere, [name], until: deadline).value != "t" {
                try await connection.execute("CREATE SCHEMA \(SQLNames.quoted(name))", until: deadline)
            }
        }
        guard try await !hasVersions(connection, until: deadline) else { return }
        try await connection.execute(
            "CREATE TABLE \(names.versions) (name text PRIMARY KEY, version integer NOT NULL)",
            until: deadline
        )
    }
}
