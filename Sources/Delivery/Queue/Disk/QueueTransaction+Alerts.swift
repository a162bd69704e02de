import ExportingModules
import Foundation
import GRDB

/// The news of alerts.
extension QueueTransaction {
    /// Keeps news of alerts.
    mutating func append(_ alerts: [(time: Int64, alert: Alert)]) throws {
        for (time, alert) in alerts {
            let number = state.nextAlert
            let bytes = AlertCodec.encode(time: time, alert, number: number)
            try execute("INSERT INTO alerts (id, time, body) VALUES (?, ?, ?)", [number, time, Data(bytes)])
            state.nextAlert = number + 1
            state.counts.alerts.added += 1
            state.counts.alerts.backlog += 1
            state.counts.alerts.bytes += StoredSize.row(bytes.count)
        }
    }

    /// Hands out the oldest news. What cannot be read is dropped.
    mutating func handOutAlert() throws -> QueuedAlert? {
        while let (number, time, body) = try firstAlert() {
            do throws(CorruptBytes) {
                let alert = try AlertCodec.decode([UInt8](body ?? Data()), number: number)
                state.alertsHandedOut.insert(number)
                return QueuedAlert(id: number, time: alert.time, alert: alert.alert)
            } catch {
                try delete(alert: number, bytes: body?.count ?? 0)
                state.counts.alerts.dropped.corrupt += 1
                state.events.append(.corruptAlert(time: time, reason: error.description))
            }
        }
        return nil
    }

    /// Settles news that was handed out.
    mutating func settle(_ queued: QueuedAlert, _ outcome: DeliveryOutcome) throws {
        guard state.alertsHandedOut.remove(queued.id) != nil else { return }
        switch outcome {
        case .retry, .tooLarge: return
        case .accepted: state.counts.alerts.delivered += 1
        case .rejected(let reason):
            try writeDeadLetters(DeadLetter.line(queued, time: now, reason: reason))
            state.counts.alerts.rejected += 1
        }
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT length(body) FROM alerts WHERE id = ?"),
            arguments: [queued.id]
        )
        try delete(alert: queued.id, bytes: row?.value(0).count ?? 0)
    }

    private func firstAlert() throws -> (number: Int64, time: Int64, body: Data?)? {
        let rows = try Row.fetchCursor(database.cachedStatement(sql: "SELECT id, time, body FROM alerts ORDER BY id"))
        while let row = try rows.next() {
            guard let number = row.value(0).count else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an alert's row cannot be read")
            }
            if state.alertsHandedOut.contains(Int64(number)) { continue }
            return (Int64(number), row.value(1).integer ?? 0, row.value(2).bytes)
        }
        return nil
    }

    private mutating func delete(alert number: Int64, bytes: Int) throws {
        try execute("DELETE FROM alerts WHERE id = ?", [number])
        state.counts.alerts.backlog -= 1
        state.counts.alerts.bytes = max(0, state.counts.alerts.bytes - StoredSize.row(bytes))
    }
}
