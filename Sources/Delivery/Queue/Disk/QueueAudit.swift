import ExportingModules
import Foundation
import GRDB

/// What a queue does when it is opened: it finds out what is there, and whether that is what the counters say.
///
/// A transaction is whole or not there at all, so they differ only when something else has changed the file. Then every
/// chunk is read: those that cannot be are removed, and the difference is counted, so that the sums are exact again.
struct QueueAudit {
    private let database: Database
    private var state = QueueState()

    /// Finds out the state of a queue.
    ///
    /// - Throws: `DatabaseError`, with `SQLITE_CORRUPT` if the counters cannot be read.
    static func load(_ database: Database) throws -> QueueState {
        var audit = QueueAudit(database: database)
        try audit.readCounters()
        let isIntact = try audit.lookThrough()
        if !isIntact || !audit.state.counts.samples.isBalanced || !audit.state.counts.alerts.isBalanced {
            try database.inTransaction(.immediate) {
                try audit.repair()
                return .commit
            }
        }
        audit.state.nextChunk = max(audit.state.nextChunk, try audit.last("chunks") + 1)
        audit.state.nextAlert = max(audit.state.nextAlert, try audit.last("alerts") + 1)
        return audit.state
    }

    private init(database: Database) {
        self.database = database
    }

    private mutating func readCounters() throws {
        let (samples, nextChunk, discarded) = try counters("samples")
        let (alerts, nextAlert, _) = try counters("alerts")
        state.counts = QueueCounts(samples: samples, alerts: alerts, discardedDeadLetters: discarded)
        state.nextChunk = max(1, nextChunk)
        state.nextAlert = max(1, nextAlert)
    }

    private func counters(_ kind: String) throws -> (counts: RecordCounts, next: Int64, discarded: Int) {
        let row = try Row.fetchOne(
            database,
            sql: """
                SELECT added, delivered, rejected, overflow, expired, corrupt, discarded, next FROM counters WHERE kind = ?
                """,
            arguments: [kind]
        )
        let values = row.map { row in (0..<8).compactMap { row.value($0).count } } ?? []
        guard values.count == 8 else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the counters cannot be read")
        }
        let counts = RecordCounts(
            added: values[0],
            delivered: values[1],
            rejected: values[2],
            dropped: DropCounts(overflow: values[3], expired: values[4], corrupt: values[5])
        )
        return (counts, Int64(values[7]), values[6])
    }

    /// Sums up what is there; false if a row cannot be read.
    private mutating func lookThrough() throws -> Bool {
        var isIntact = true
        state.counts.samples.backlog = 0
        state.counts.samples.bytes = 0
        let rows = try Row.fetchCursor(database, sql: "SELECT id, count, bytes, settled, time FROM chunks ORDER BY id")
        while let row = try rows.next() {
            guard let chunk = KnownChunk(row), let time = row.value(4).integer else {
                isIntact = false
                continue
            }
            state.counts.samples.backlog += chunk.left
            state.counts.samples.bytes += chunk.bytes
            state.counts.samples.oldest = state.counts.samples.oldest ?? time
        }
        let alerts = try Row.fetchOne(database, sql: "SELECT count(*), total(length(body)), min(id) FROM alerts")
        let count = alerts?.value(0).count ?? 0
        state.counts.alerts.backlog = count
        let bytes = alerts.flatMap { Double.fromDatabaseValue($0.value(1)) } ?? 0
        state.counts.alerts.bytes = (Int(exactly: bytes.rounded()) ?? 0) + 16 * count
        state.counts.alerts.oldest =
            try Row.fetchOne(database, sql: "SELECT time FROM alerts ORDER BY id LIMIT 1")?.value(0).integer
        if count > 0, alerts?.value(2).count == nil { isIntact = false }
        return isIntact
    }

    private func last(_ table: String) throws -> Int64 {
        guard let value = try Row.fetchOne(database, sql: "SELECT max(id) FROM \(table)")?.value(0), !value.isNull
        else {
            return 0
        }
        guard let number = value.count else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a number in \(table) is too large")
        }
        return Int64(number)
    }

    // MARK: - Repair

    private mutating func repair() throws {
        try database.execute(sql: "DELETE FROM chunks WHERE id < 1 OR id > 1 << 52")
        try database.execute(sql: "DELETE FROM alerts WHERE id < 1 OR id > 1 << 52")
        for number in try numbers() { try repair(chunk: number) }
        try database.execute(sql: "DELETE FROM bodies WHERE id NOT IN (SELECT id FROM chunks)")
        guard try lookThrough() else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "a row cannot be repaired")
        }
        var missing = 0
        var surplus = 0
        balance(&state.counts.samples, &missing, &surplus)
        balance(&state.counts.alerts, &missing, &surplus)
        if missing > 0 || surplus > 0 { state.events.append(.recounted(missing: missing, surplus: surplus)) }
        try save("samples", state.counts.samples)
        try save("alerts", state.counts.alerts)
    }

    private func numbers() throws -> [Int64] {
        var numbers: [Int64] = []
        let rows = try Row.fetchCursor(database, sql: "SELECT id FROM chunks ORDER BY id")
        while let row = try rows.next() {
            if let number = row.value(0).integer { numbers.append(number) }
        }
        return numbers
    }

    /// Makes the row say what its body says, or removes both.
    private mutating func repair(chunk number: Int64) throws {
        let row = try Row.fetchOne(
            database,
            sql: "SELECT id, count, bytes, settled, time FROM chunks WHERE id = ?",
            arguments: [number]
        )
        let body = try Row.fetchOne(database, sql: "SELECT body FROM bodies WHERE id = ?", arguments: [number])
        let known = row.flatMap { KnownChunk($0) }
        do throws(CorruptBytes) {
            guard let bytes = body?.value(0).bytes else { throw CorruptBytes(reason: "there is none", offset: 0) }
            let chunk = try ChunkDecoder.decode(bytes, number: number)
            guard !chunk.samples.isEmpty else { throw CorruptBytes(reason: "it is empty", offset: 0) }
            if let known, known.settled.capacity == chunk.samples.count, row?.value(4).integer == chunk.time { return }
            try? database.execute(
                sql: "UPDATE chunks SET time = ?, count = ?, bytes = ?, settled = NULL WHERE id = ?",
                arguments: [
                    chunk.time, chunk.samples.count, StoredSize.chunk(bytes.count, samples: chunk.samples.count),
                    number,
                ]
            )
        } catch {
            try database.execute(sql: "DELETE FROM chunks WHERE id = ?", arguments: [number])
            let time = row?.value(4).integer ?? 0
            state.events.append(.corruptSamples(time: time, count: known?.left ?? 0, reason: error.description))
        }
    }

    private func balance(_ counts: inout RecordCounts, _ missing: inout Int, _ surplus: inout Int) {
        let expected = counts.added - counts.delivered - counts.rejected - counts.dropped.total
        if expected > counts.backlog {
            counts.dropped.corrupt += expected - counts.backlog
            missing += expected - counts.backlog
        } else {
            counts.added += counts.backlog - expected
            surplus += counts.backlog - expected
        }
    }

    private func save(_ kind: String, _ counts: RecordCounts) throws {
        try database.execute(
            sql: "UPDATE counters SET added = ?, corrupt = ? WHERE kind = ?",
            arguments: [counts.added, counts.dropped.corrupt, kind]
        )
    }
}
