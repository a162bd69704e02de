import ExportingModules
import Foundation
import GRDB

/// One transaction on the database of a queue, and what it changes in memory.
///
/// Whoever makes it takes over ``state`` when it is committed, and forgets it otherwise.
struct QueueTransaction {
    /// The connection, in a transaction.
    let database: Database
    /// What will be known when it is committed.
    var state: QueueState
    /// Where rejected records go.
    let deadLetters: DeadLetterFile
    /// The time, in milliseconds since 1970.
    let now: Int64

    /// Writes the counters, if they are not those that are there.
    func saveCounts(since before: QueueState) throws {
        let counts = state.counts
        if counts.samples != before.counts.samples || state.nextChunk != before.nextChunk
            || counts.discardedDeadLetters != before.counts.discardedDeadLetters
        {
            try save("samples", counts.samples, discarded: counts.discardedDeadLetters, next: state.nextChunk)
        }
        if counts.alerts != before.counts.alerts || state.nextAlert != before.nextAlert {
            try save("alerts", counts.alerts, discarded: 0, next: state.nextAlert)
        }
    }

    private func save(_ kind: String, _ counts: RecordCounts, discarded: Int, next: Int64) throws {
        try execute(
            """
            UPDATE counters SET added = ?, delivered = ?, rejected = ?, overflow = ?, expired = ?, corrupt = ?, \
            discarded = ?, next = ? WHERE kind = ?
            """,
            [
                counts.added, counts.delivered, counts.rejected, counts.dropped.overflow, counts.dropped.expired,
                counts.dropped.corrupt, discarded, next, kind,
            ]
        )
    }

    /// Finds out how old the oldest records are.
    mutating func updateOldest() throws {
        state.counts.samples.oldest = try oldest("SELECT time FROM chunks ORDER BY id LIMIT 1")
        state.counts.alerts.oldest = try oldest("SELECT time FROM alerts ORDER BY id LIMIT 1")
    }

    private func oldest(_ sql: String) throws -> Int64? {
        try Row.fetchOne(database.cachedStatement(sql: sql))?.value(0).integer
    }

    func execute(_ sql: String, _ arguments: StatementArguments) throws {
        try database.cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// Writes to the dead letters. They are on the disk before the transaction is.
    mutating func writeDeadLetters(_ lines: [UInt8]) throws(QueueError) {
        guard !lines.isEmpty else { return }
        let appended = try deadLetters.append(lines)
        if state.deadLettersMark == nil {
            state.deadLettersMark = .init(size: appended.previousSize, isGone: false)
        } else if appended.discarded > 0 || appended.previousSize == 0 {
            state.deadLettersMark?.isGone = true
        }
        if appended.discarded > 0 {
            state.counts.discardedDeadLetters += appended.discarded
            state.events.append(.discardedDeadLetters(count: appended.discarded))
        }
    }
}
