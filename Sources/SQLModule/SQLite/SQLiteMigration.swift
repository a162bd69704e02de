import ExportingModules
import GRDB

/// Brings the tables in a file to the present version. Runs in a transaction.
struct SQLiteMigration: Sendable {
    let schema: SQLiteSchema
    let names: SQLNames
    let takes: RecordKinds

    func run(_ database: Database) throws {
        try database.execute(
            sql:
                "CREATE TABLE IF NOT EXISTS \(names.versions) (name TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL)"
        )
        if takes.contains(.samples) { try migrate(names.samplesTable, schema.samples, database) }
        if takes.contains(.alerts) { try migrate(names.alertsTable, schema.alerts, database) }
    }

    private func migrate(_ name: String, _ steps: [[String]], _ database: Database) throws {
        let find = "SELECT version FROM \(names.versions) WHERE name = ?"
        let version = try Int.fetchOne(database, sql: find, arguments: [name]) ?? 0
        guard version <= steps.count else {
            throw SQLStoreError.unavailable(
                reason: "the table \(name) has version \(version), and this program knows it up to \(steps.count)",
                after: .seconds(30)
            )
        }
        guard version < steps.count else { return }
        for statement in steps.dropFirst(version).joined() { try database.execute(sql: statement) }
        try database.execute(
            sql: "INSERT OR REPLACE INTO \(names.versions) (name, version) VALUES (?, ?)",
            arguments: [name, steps.count]
        )
    }
}
