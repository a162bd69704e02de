/// A call that waits for its transaction.
struct QueueRequest: Sendable {
    /// What wakes whoever waits.
    typealias Completion = @Sendable () -> Void

    /// Whether it takes new samples: those have to wait when the disk is full.
    var isAppend: Bool
    /// About how many bytes it writes.
    var bytes: Int
    /// Does the work. May be called again when the transaction has failed.
    var perform: @Sendable (inout QueueTransaction) throws -> Completion
    /// What wakes whoever waits when the work cannot be done.
    var fail: @Sendable (QueueError) -> Void
}
