import Analysis
import Foundation
import GRDB

/// What the analysis keeps: its detectors, and the alerts.
extension StateStore {
    /// What is kept in one transaction.
    struct AnalysisChange: Sendable {
        /// Alerts, under their id.
        var alerts: [SpotAlert] = []
        /// The ids of those among `alerts` of which others are still to be told.
        var untold: Set<String> = []
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
            try Self.save(change, keeping: limit, in: database)
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

    private static func save(_ change: AnalysisChange, keeping limit: Int, in database: Database) throws {
        guard !change.alerts.isEmpty else { return }
        let encoder = JSONEncoder()
        for alert in change.alerts {
            try database.execute(
                sql: """
                    INSERT INTO alert (id, start, "end", body, told) VALUES (?, ?, ?, ?, ?)
                    ON CONFLICT (id) DO UPDATE SET
                        "end" = excluded."end", body = excluded.body, told = MIN(told, excluded.told)
                    """,
                arguments: [
                    alert.id, alert.start, alert.end, String(decoding: try encoder.encode(alert), as: UTF8.self),
                    !change.untold.contains(alert.id),
                ]
            )
        }
        try database.execute(
            sql: """
                DELETE FROM alert WHERE "end" IS NOT NULL AND id NOT IN
                    (SELECT id FROM alert WHERE "end" IS NOT NULL ORDER BY told, "end" DESC LIMIT ?)
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

    /// The alerts that are over and of whose end others have not been told, oldest end first.
    ///
    /// - Throws: `DatabaseError`.
    func untoldEndedAlerts() async throws -> [SpotAlert] {
        try await alerts(where: "\"end\" IS NOT NULL AND NOT told ORDER BY \"end\", id")
    }

    /// Takes note that others have been told of alerts as they are here. An alert that has ended since is not told of.
    ///
    /// - Throws: `DatabaseError`.
    func noteTold(_ alerts: [SpotAlert]) async throws {
        try await database.write { database in
            let note = try database.makeStatement(sql: "UPDATE alert SET told = TRUE WHERE id = ? AND \"end\" IS ?")
            for alert in alerts { try note.execute(arguments: [alert.id, alert.end]) }
        }
    }

    /// The alerts that go on, by start. One that cannot be read is left out.
    ///
    /// - Throws: `DatabaseError`.
    func openAlerts() async throws -> [SpotAlert] {
        try await alerts(where: "\"end\" IS NULL ORDER BY start, id")
    }

    private func alerts(where condition: String) async throws -> [SpotAlert] {
        let bodies = try await database.read { database in
            try String.fetchAll(database, sql: "SELECT body FROM alert WHERE \(condition)")
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
