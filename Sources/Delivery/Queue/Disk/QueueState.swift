/// What a queue on disk knows in memory: it changes with a transaction, or not at all.
struct QueueState: Sendable {
    /// What is settled and handed out among the samples.
    var cursor = AckCursor()
    /// The news of alerts that are handed out.
    var alertsHandedOut: Set<Int64> = []
    /// What has become of everything.
    var counts = QueueCounts()
    /// The number of the next chunk.
    var nextChunk: Int64 = 1
    /// The number of the next news of an alert.
    var nextAlert: Int64 = 1
    /// The chunk that was read last: mostly the next samples are in it too.
    var lastRead: (number: Int64, chunk: ChunkDecoder.Chunk)?
    /// What the owner is to be told when the transaction has succeeded.
    var events: [QueueEvent] = []
    /// How long the dead letters were before the first line of this transaction.
    var deadLettersMark: DeadLettersMark?

    /// A place in the dead letters that can be gone back to.
    struct DeadLettersMark: Sendable {
        var size: Int
        /// The file was replaced afterwards: there is no way back.
        var isGone: Bool
    }
}
