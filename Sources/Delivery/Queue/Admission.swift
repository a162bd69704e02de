/// Where chunks of samples are kept, as far as admission has to know.
protocol ChunkStorage {
    /// A chunk that can be kept.
    associatedtype Chunk

    /// How many bytes the kept samples take.
    var sampleBytes: Int { get }

    /// How many bytes a chunk would take.
    func size(of chunk: Chunk) -> Int

    /// How many samples are in a chunk.
    func count(of chunk: Chunk) -> Int

    /// Keeps a chunk.
    mutating func insert(_ chunk: Chunk) throws

    /// Drops the oldest chunk of which nothing is handed out, and counts that.
    ///
    /// - Returns: How many of its samples were still there; nil if there is no such chunk.
    mutating func dropOldest() throws -> Int?

    /// Counts samples as taken and dropped at once.
    mutating func refuse(_ count: Int)
}

extension ChunkStorage {
    /// Takes collections, within the bounds: the same for every kind of queue.
    mutating func admit(_ collections: [[Chunk]], _ settings: QueueSettings) throws -> AppendReport {
        var report = AppendReport()
        for chunks in collections {
            let size = chunks.reduce(0) { $0 + self.size(of: $1) }
            if settings.policy == .block, size <= settings.maximumBytes, sampleBytes + size > settings.maximumBytes {
                report.isFull = true
                break
            }
            // Of a collection that never fits, nothing is kept while there is anything to keep whole.
            let neverFits = settings.policy == .block && size > settings.maximumBytes
            for chunk in chunks {
                report.added += count(of: chunk)
                if neverFits {
                    refuse(count(of: chunk))
                    report.dropped += count(of: chunk)
                } else {
                    report.dropped += try admit(chunk, settings)
                }
            }
            report.takenCount += 1
        }
        return report
    }

    /// Takes one chunk, and returns how many samples were dropped.
    private mutating func admit(_ chunk: Chunk, _ settings: QueueSettings) throws -> Int {
        let size = size(of: chunk)
        var dropped = 0
        if settings.policy == .dropOldest, size <= settings.maximumBytes {
            while sampleBytes + size > settings.maximumBytes, let count = try dropOldest() { dropped += count }
        }
        guard sampleBytes + size <= settings.maximumBytes else {
            refuse(count(of: chunk))
            return dropped + count(of: chunk)
        }
        try insert(chunk)
        return dropped
    }
}
