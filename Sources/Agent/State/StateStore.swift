import Foundation
import GRDB
import Logging

/// The agent's database on disk: the history of what was registered, changed, removed or failed, and when; the alerts; and
/// what the detectors know.
///
/// It is bounded by a number of events and by their age. A database that is corrupt is put aside and begun anew, because
/// losing the history must never keep a machine unmonitored.
final class StateStore: Sendable {
    let database: DatabasePool
    private let maximumEvents: Int
    private let maximumAge: Duration

    /// Opens or makes the database.
    ///
    /// - Parameters:
    ///   - configuration: Where it is and what bounds it has. Folders are made.
    ///   - logger: Is told when a corrupt database was put aside.
    /// - Throws: ``AgentError`` that names the file, if it can neither be opened nor replaced.
    init(_ configuration: StateConfiguration, logger: Logger) throws {
        maximumEvents = configuration.historyEvents
        maximumAge = configuration.historyAge
        let path = configuration.database
        do {
            try Folder.make(configuration.directory)
            database = try Self.open(path)
        } catch let error as DatabaseError where Self.isCorrupt(error) {
            let aside = "\(path).corrupt-\(Int(Date().timeIntervalSince1970))"
            logger.error(
                "The state database is corrupt; it is put aside and begun anew",
                metadata: ["file": "\(path)", "aside": "\(aside)", "error": "\(error)"]
            )
            do {
                try FileManager.default.moveItem(atPath: path, toPath: aside)
                for suffix in ["-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
                database = try Self.open(path)
            } catch {
                throw AgentError(.state, "the state database \(path) cannot be replaced", cause: error)
            }
        } catch let error as AgentError {
            throw error
        } catch {
            throw AgentError(.state, "the state database \(path) cannot be opened", cause: error)
        }
    }

    /// Adds events, oldest first, and forgets those beyond the bounds.
    ///
    /// - Throws: `DatabaseError`, when the disk is full for example.
    func append(_ events: [HistoryEvent]) async throws {
        let oldest = events.last.map { $0.time - Double(maximumAge.components.seconds) } ?? 0
        let maximumEvents = maximumEvents
        try await database.write { database in
            for event in events { try event.insert(database) }
            try database.execute(
                sql: """
                    DELETE FROM history WHERE time < ? OR id <= (SELECT MAX(id) FROM history) - ?
                    """,
                arguments: [oldest, maximumEvents]
            )
        }
    }

    /// The latest events, newest first.
    ///
    /// - Parameters:
    ///   - limit: How many at most.
    ///   - service: Only those of services with this name.
    /// - Throws: `DatabaseError`.
    func latest(limit: Int, service: String? = nil) async throws -> [HistoryEvent] {
        try await database.read { database in
            var request = HistoryEvent.order(Column("id").desc).limit(limit)
            if let service { request = request.filter(Column("service") == service) }
            return try request.fetchAll(database)
        }
    }

    /// Closes the database; the write-ahead log is folded into it.
    func close() {
        // The pool closes its readers last, and those may not do it.
        _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
        try? database.close()
    }

    private static func open(_ path: String) throws -> DatabasePool {
        var configuration = Configuration()
        configuration.label = "state"
        configuration.busyMode = .timeout(5)
        configuration.maximumReaderCount = 2
        let pool = try DatabasePool(path: path, configuration: configuration)
        // Damage in the middle of the file would otherwise only show when that page is used, again and again.
        let finding = try pool.writeWithoutTransaction { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
        if finding != "ok" {
            try? pool.close()
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: finding)
        }
        try migrator.migrate(pool)
        return pool
    }

    private static func isCorrupt(_ error: DatabaseError) -> Bool {
        error.resultCode == .SQLITE_CORRUPT || error.resultCode == .SQLITE_NOTADB
    }

    private static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("history") { database in
            try database.create(table: "history") { table in
                table.autoIncrementedPrimaryKey("id")
                table.column("time", .double).notNull().indexed()
                table.column("kind", .text).notNull()
                table.column("source", .text)
                table.column("service", .text).indexed()
                table.column("address", .text)
                table.column("exporter", .text)
                table.column("hash", .text)
                table.column("generation", .integer)
                table.column("detail", .text)
            }
        }
        migrator.registerMigration("analysis") { database in
            try database.create(table: "alert") { table in
                table.primaryKey("id", .text)
                table.column("start", .integer).notNull()
                table.column("end", .integer).indexed()
                table.column("body", .text).notNull()
            }
            try database.create(table: "detector", options: .withoutRowID) { table in
                table.primaryKey("series", .text)
                table.column("state", .blob).notNull()
            }
        }
        migrator.registerMigration("told") { database in
            // What is there was told of by a version that did not take note of it.
            try database.alter(table: "alert") { $0.add(column: "told", .boolean).notNull().defaults(to: true) }
        }
        return migrator
    }
}
