import ExportingModules
import Foundation
import GRDB

/// The samples.
extension QueueTransaction: ChunkStorage {
    var sampleBytes: Int { state.counts.samples.bytes }

    /// SQLite has no room for more than a billion bytes in a row; so much fits in no queue.
    func size(of chunk: EncodedChunk) -> Int {
        chunk.bytes.count <= QueueSchema.maximumBody
            ? StoredSize.chunk(chunk.bytes.count, samples: chunk.count) : 1 << 50
    }

    func count(of chunk: EncodedChunk) -> Int { chunk.count }

    mutating func insert(_ chunk: EncodedChunk) throws {
        let number = state.nextChunk
        let size = size(of: chunk)
        try execute(
            "INSERT INTO chunks (id, time, count, bytes) VALUES (?, ?, ?, ?)",
            [number, chunk.time, chunk.count, size]
        )
        try execute(
            "INSERT INTO bodies (id, body) VALUES (?, ?)",
            [number, Data(chunk.sealed(number: number))]
        )
        state.nextChunk = number + 1
        state.counts.samples.added += chunk.count
        state.counts.samples.backlog += chunk.count
        state.counts.samples.bytes += size
    }

    mutating func refuse(_ count: Int) {
        state.counts.samples.added += count
        state.counts.samples.dropped.overflow += count
    }

    mutating func dropOldest() throws -> Int? {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT id, count, bytes, settled FROM chunks ORDER BY id")
        )
        while let row = try rows.next() {
            guard let chunk = KnownChunk(row) else { throw damaged("a chunk's row cannot be read") }
            if state.cursor.isHandedOut(chunk: chunk.number) { continue }
            try drop(chunk)
            state.counts.samples.dropped.overflow += chunk.left
            return chunk.left
        }
        return nil
    }

    /// Drops chunks from before a time, of which nothing is handed out.
    ///
    /// - Parameter limit: How many chunks at most.
    /// - Returns: How many chunks and samples were dropped.
    mutating func expire(before time: Int64, limit: Int) throws -> (chunks: Int, samples: Int) {
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT id, count, bytes, settled FROM chunks WHERE time < ? ORDER BY id"),
            arguments: [time]
        )
        var chunks: [KnownChunk] = []
        while chunks.count < limit, let row = try rows.next() {
            guard let chunk = KnownChunk(row) else { throw damaged("a chunk's row cannot be read") }
            if !state.cursor.isHandedOut(chunk: chunk.number) { chunks.append(chunk) }
        }
        for chunk in chunks { try drop(chunk) }
        let samples = chunks.reduce(0) { $0 + $1.left }
        state.counts.samples.dropped.expired += samples
        return (chunks.count, samples)
    }

    /// Hands out samples. Chunks that cannot be read are dropped.
    mutating func handOut(limit: Int) throws -> QueuedSamples? {
        guard limit > 0 else { return nil }
        while true {
            try admit(atLeast: limit)
            let positions = state.cursor.handOut(limit: limit)
            guard !positions.isEmpty else { return nil }
            var samples: [Sample] = []
            var readable: [QueuePosition] = []
            var time = Int64.min
            for position in positions {
                // An earlier position of the same chunk may have found it damaged, and dropped it.
                guard state.cursor.isHandedOut(chunk: position.chunk),
                    let chunk = try read(position.chunk, holding: position.range)
                else { continue }
                samples += chunk.samples[position.range]
                time = max(time, chunk.time)
                readable.append(position)
            }
            if !samples.isEmpty { return QueuedSamples(time: time, samples: samples, positions: readable) }
        }
    }

    /// Settles samples that were handed out.
    mutating func settle(_ samples: QueuedSamples, _ delivery: Delivery) throws {
        let settlement = state.cursor.settle(samples.positions, delivery)
        var lines: [UInt8] = []
        for index in settlement.rejected where index < samples.samples.count {
            guard case .rejected(let reason) = delivery[index] else { continue }
            lines += DeadLetter.line(samples.samples[index], time: now, reason: reason)
        }
        try writeDeadLetters(lines)
        for change in settlement.changes {
            switch change {
            case .settled(let number, let bits):
                try execute("UPDATE chunks SET settled = ? WHERE id = ?", [Data(bits.bytes), number])
            case .finished(let number):
                let row = try Row.fetchOne(
                    database.cachedStatement(sql: "SELECT bytes FROM chunks WHERE id = ?"),
                    arguments: [number]
                )
                guard let bytes = row?.value(0).count else { throw damaged("a chunk's row cannot be read") }
                try delete(number, bytes: bytes)
            }
        }
        let settled = settlement.delivered + settlement.rejected.count
        state.counts.samples.delivered += settlement.delivered
        state.counts.samples.rejected += settlement.rejected.count
        state.counts.samples.backlog -= settled
    }

    // MARK: - Chunks

    /// Makes chunks known to the cursor until so many samples can be handed out, or there are no more.
    private mutating func admit(atLeast limit: Int) throws {
        var available = state.cursor.available
        guard available < limit else { return }
        let rows = try Row.fetchCursor(
            database.cachedStatement(sql: "SELECT id, count, bytes, settled FROM chunks WHERE id > ? ORDER BY id"),
            arguments: [state.cursor.frontier]
        )
        while available < limit, let row = try rows.next() {
            guard let chunk = KnownChunk(row) else { throw damaged("a chunk's row cannot be read") }
            state.cursor.admit(chunk: chunk.number, settled: chunk.settled)
            available += chunk.left
        }
    }

    /// Reads a chunk, or drops it and returns nil.
    private mutating func read(_ number: Int64, holding range: Range<Int>) throws -> ChunkDecoder.Chunk? {
        if let last = state.lastRead, last.number == number { return last.chunk }
        let row = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT body FROM bodies WHERE id = ?"),
            arguments: [number]
        )
        let known = try Row.fetchOne(
            database.cachedStatement(sql: "SELECT id, count, bytes, settled, time FROM chunks WHERE id = ?"),
            arguments: [number]
        )
        guard let known, let chunk = KnownChunk(known) else { throw damaged("a chunk's row cannot be read") }
        let reason: String
        do throws(CorruptBytes) {
            guard let body = row?.value(0).bytes else { throw CorruptBytes(reason: "there is none", offset: 0) }
            let decoded = try ChunkDecoder.decode(body, number: number)
            guard decoded.samples.count == chunk.settled.capacity, range.upperBound <= decoded.samples.count else {
                throw CorruptBytes(reason: "the number of samples is wrong", offset: 0)
            }
            // The last of its samples are handed out now: nobody will ask for it soon.
            state.lastRead = range.upperBound < decoded.samples.count ? (number, decoded) : nil
            return decoded
        } catch {
            reason = error.description
        }
        try drop(chunk)
        state.counts.samples.dropped.corrupt += chunk.left
        let time = known.value(4).integer ?? 0
        state.events.append(.corruptSamples(time: time, count: chunk.left, reason: reason))
        return nil
    }

    /// Removes a chunk with what is left of it; the caller counts that as dropped.
    private mutating func drop(_ chunk: KnownChunk) throws {
        try delete(chunk.number, bytes: chunk.bytes)
        state.cursor.forget(chunk: chunk.number)
        state.counts.samples.backlog -= chunk.left
    }

    private mutating func delete(_ number: Int64, bytes: Int) throws {
        try execute("DELETE FROM chunks WHERE id = ?", [number])
        try execute("DELETE FROM bodies WHERE id = ?", [number])
        state.counts.samples.bytes -= bytes
        if state.lastRead?.number == number { state.lastRead = nil }
    }

    private func damaged(_ reason: String) -> DatabaseError {
        DatabaseError(resultCode: .SQLITE_CORRUPT, message: reason)
    }
}

/// A row of `chunks`.
struct KnownChunk {
    /// The chunk's number.
    let number: Int64
    /// How many bytes it takes.
    let bytes: Int
    /// Which of its samples are settled.
    let settled: SettledBits

    /// How many of its samples are not settled.
    var left: Int { settled.capacity - settled.count }

    /// Reads the columns id, count, bytes and settled; nil if they cannot be what was written.
    init?(_ row: Row) {
        guard let number = row.value(0).count, number > 0,
            let count = row.value(1).count, count > 0, count <= ChunkEncoder.maximumCount,
            let bytes = row.value(2).count, bytes <= 1 << 32
        else { return nil }
        self.number = Int64(number)
        self.bytes = bytes
        if row.value(3).isNull {
            settled = SettledBits(capacity: count)
        } else {
            guard let stored = row.value(3).bytes, let bits = SettledBits(capacity: count, bytes: stored), !bits.isFull
            else { return nil }
            settled = bits
        }
    }
}
