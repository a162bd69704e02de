/// What bounds a queue.
public struct QueueSettings: Sendable, Hashable {
    /// How many bytes of samples it holds. A queue on disk counts what they take in its file; beyond that the file has
    /// some percent of overhead, and at most some megabytes of a write-ahead log and of a reserve. By default 1 GiB.
    public var maximumBytes: Int
    /// After what time samples are dropped; nil for never.
    public var maximumAge: Duration?
    /// What happens when it is full.
    public var policy: OverflowPolicy

    /// Creates settings.
    public init(
        maximumBytes: Int = 1 << 30,
        maximumAge: Duration? = nil,
        policy: OverflowPolicy = .dropOldest
    ) {
        self.maximumBytes = max(0, maximumBytes)
        self.maximumAge = maximumAge
        self.policy = policy
    }
}

/// What happens to samples when their queue is full.
///
/// A collection that is larger than the whole queue is never kept whole; with ``block`` it is dropped.
public enum OverflowPolicy: String, Sendable, Hashable, CaseIterable {
    /// The oldest that are not handed out make room.
    case dropOldest = "drop-oldest"
    /// The new ones are dropped.
    case dropNewest = "drop-newest"
    /// The new ones are not taken; whoever has them keeps them.
    case block
}
