/// What a ``CollectionScheduler`` does at one moment.
public struct SchedulerStatus: Sendable, Hashable {
    /// How many exporters it collects from.
    public var exporters: Int
    /// How many collectors they have.
    public var collectors: Int
    /// How many collections run.
    public var running: Int
    /// How many are due and wait in line.
    public var queued: Int
    /// How many have passed their timeout and are not back yet.
    public var hung: Int
    /// How many were skipped since the start because the one before took too long.
    public var skipped: UInt64
}
