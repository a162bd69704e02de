import Analysis
import Foundation
import GRDB

/// What the analysis keeps: its detectors, and the alerts.
extension StateStore {
    /// Keeps alerts under their id, and forgets the oldest that are over beyond a number.
    ///
    /// - Throws: `DatabaseError`, when the disk is full for example.
    func save(_ alerts: [SpotAlert], keeping limit: Int) async throws {
        guard !alerts.isEmpty else { return }
        let encoder = JSONEncoder()
        let rows = try alerts.map { (alert: $0, body: String(decoding: try encoder.encode($0), as: UTF8.self)) }
        try await database.write { database in
            for row in rows {
                try database.execute(
                    sql: """
                        INSERT INTO alert (id, start, "end", body) VALUES (?, ?, ?, ?)
                        ON CONFLICT (id) DO UPDATE SET "end" = excluded."end", body = excluded.body
                        """,
                    arguments: [row.alert.id, row.alert.start, row.alert.end, row.body]
                )
            }
            try database.execute(
                sql: """
                    DELETE FROM alert WHERE "end" IS NOT NULL AND id NOT IN
                        (SELECT id FROM alert WHERE "end" IS NOT NULL ORDER BY "end" DESC LIMIT ?)
                    """,
                arguments: [limit]
            )
        }
    }

    /// The alerts that are over, oldest end first. One that cannot be read is left out.
    ///
    /// - Throws: `DatabaseError`.
    func endedAlerts(limit: Int) async throws -> [SpotAlert] {
        let bodies = try await database.read { database in
            try String.fetchAll(
                database,
                sql: "SELECT body FROM alert WHERE \"end\" IS NOT NULL ORDER BY \"end\" DESC LIMIT ?",
                arguments: [limit]
            )
        }
        let decoder = JSONDecoder()
        return bodies.reversed().compactMap { try? decoder.decode(SpotAlert.self, from: Data($0.utf8)) }
    }

    /// Keeps the states of detectors by the identity of their series, and forgets those of series that are watched no
    /// longer.
    ///
    /// - Throws: `DatabaseError`, when the disk is full for example.
    func save(_ states: [(identity: String, bytes: [UInt8])], removing gone: [String]) async throws {
        guard !states.isEmpty || !gone.isEmpty else { return }
        try await database.write { database in
            let remove = try database.makeStatement(sql: "DELETE FROM detector WHERE series = ?")
            for identity in gone { try remove.execute(arguments: [identity]) }
            let save = try database.makeStatement(
                sql: """
                    INSERT INTO detector (series, state) VALUES (?, ?)
                    ON CONFLICT (series) DO UPDATE SET state = excluded.state
                    """
            )
            for state in states { try save.execute(arguments: [state.identity, Data(state.bytes)]) }
        }
    }

    /// The states of detectors.
    ///
    /// - Parameter limit: How many at most.
    /// - Throws: `DatabaseError`.
    func detectorStates(limit: Int) async throws -> [(identity: String, bytes: [UInt8])] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT series, state FROM detector LIMIT ?", arguments: [limit])
                .compactMap { row in
                    guard let identity = String.fromDatabaseValue(row[0]), let state = Data.fromDatabaseValue(row[1])
                    else { return nil }
                    return (identity, [UInt8](state))
                }
        }
    }
}
