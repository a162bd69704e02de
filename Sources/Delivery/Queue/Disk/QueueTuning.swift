/// How a queue on disk uses the disk: derived from its bound, and changed by tests only.
struct QueueTuning: Sendable, Hashable {
    /// How much space is kept for the time when there is none.
    var reserveBytes: Int
    /// After how many pages the write-ahead log is folded into the file.
    var walPages: Int
    /// How many bytes of new records share a transaction, unless one call has more.
    var groupBytes: Int
    /// How many calls share a transaction.
    var groupCount = 256
    /// From how many free pages on the file is made smaller.
    var freePages = 1_024
    /// How many pages are kept in memory.
    var cachePages = 512
    /// How large each of the two dead-letter files gets.
    var deadLetterBytes = 16 << 20

    /// The reserve holds what the file can grow by when the log is folded into it, and as much once more.
    init(_ settings: QueueSettings) {
        walPages = min(512, max(32, settings.maximumBytes / 16 / StoredSize.page))
        groupBytes = walPages * StoredSize.page
        reserveBytes = 4 * groupBytes
    }
}
