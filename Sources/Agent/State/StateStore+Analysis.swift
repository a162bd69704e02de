import Analysis
import Foundation
import GRDB

/// What the analysis keeps: its detectors, and the alerts.
extension StateStore {
    /// What is kept in one transaction.
    struct AnalysisChange: Sendable {
        /// Alerts, under their id.
        var alerts: [SpotAlert] = []
        /// Series that are watched no longer, by identity.
        var removed: [String] = []
        /// The states of detectors by the identity of their series; stored after others were removed.
        var states: [(identity: String, bytes: [UInt8])] = []
    }

    /// Keeps alerts and states, and forgets the oldest alerts that are over beyond a number.
    ///
    /// - Parameters:
    ///   - limit: How many alerts that are over are kept.
    ///   - change: Gives what is to be kept. It is called when it is this call's turn, so that calls that come together
    ///     cannot bring back what is old.
    /// - Throws: `DatabaseError`, when the disk is full for example; then nothing was kept.
    func save(keeping limit: Int, _ change: @escaping @Sendable () -> AnalysisChange) async throws {
        try await database.write { database in
            let change = change()
            try Self.save(change.alerts, keeping: limit, in: database)
            let remove = try database.makeStatement(sql: "DELETE FROM detector WHERE series = ?")
            for identity in change.removed { try remove.execute(arguments: [identity]) }
            let save = try database.makeStatement(
                sql: """
                    INSERT INTO detector (series, state) VALUES (?, ?)
                    ON CONFLICT (series) DO UPDATE SET state = excluded.state
                    """
            )
            for state in change.states { try save.execute(arguments: [state.identity, Data(state.bytes)]) }
        }
    }

    private static func save(_ alerts: [SpotAlert], keeping limit: Int, in database: Database) throws {
        guard !alerts.isEmpty else { return }
        let encoder = JSONEncoder()
        for alert in alerts {
            try database.execute(
                sql: """
                    INSERT INTO alert (id, start, "end", body) VALUES (?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET "end" = excluded."end", body = excluded.body
                    """,
                arguments: [
                    alert.id, alert.start, alert.end, String(decoding: try encoder.encode(alert), as: UTF8.self),
                ]
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

    /// The alerts that go on, by start. One that cannot be read is left out.
    ///
    /// - Throws: `DatabaseError`.
    func openAlerts() async throws -> [SpotAlert] {
        let bodies = try await database.read { database in
            try String.fetchAll(database, sql: "SELECT body FROM alert WHERE \"end\" IS NULL ORDER BY start, id")
        }
        let decoder = JSONDecoder()
        return bodies.compactMap { try? decoder.decode(SpotAlert.self, from: Data($0.utf8)) }
    }

    /// The states of detectors.
    ///
    /// - Throws: `DatabaseError`.
    func detectorStates() async throws -> [(identity: String, bytes: [UInt8])] {
        try await database.read { database in
            try Row.fetchAll(database, sql: "SELECT series, state FROM detector")
                .compactMap { row in
                    guard let identity = String.fromDatabaseValue(row[0]), let state = Data.fromDatabaseValue(row[1])
                    else { return nil }
                    return (identity, [UInt8](state))
                }
        }
    }
}
