public import ExportingModules

/// Where samples and alerts wait until their module's destination has them.
///
/// All methods may be called from several tasks at once. They are not interrupted by the cancellation of their task: what
/// was accepted by a destination has to be settled on shutdown too.
///
/// The sums are exact at any time: what was added is what was delivered, rejected, dropped and is still there
/// (``QueueCounts``). The alerts' order and the samples' order are those in which they were appended, except for what was
/// handed out and is handed out once more.
public protocol RecordQueue: Sendable {
    /// Takes collections. On return they are as durable as the queue is: after a crash they are still there.
    ///
    /// With ``OverflowPolicy/block`` the collections from the first that does not fit are not taken:
    /// ``AppendReport/takenCount`` says how many were, and the others have to be appended again later. With the other
    /// policies all are taken, and ``AppendReport/dropped`` says what was given up for it.
    ///
    /// - Throws: ``QueueError``; nothing was taken then.
    func append(_ batches: [SampleBatch]) async throws(QueueError) -> AppendReport

    /// Takes news of alerts, in this order. A queue on disk never drops them for space or
    /// age; one in memory has a bound.
    ///
    /// - Throws: ``QueueError``; nothing was taken then.
    func append(alerts: [(time: Int64, alert: Alert)]) async throws(QueueError)

    /// Hands out the oldest samples that are neither settled nor handed out.
    ///
    /// Several may be handed out at once and settled in any order. What is never settled is handed out again by the next
    /// process, or the next queue on the same file.
    ///
    /// - Parameter limit: How many at most.
    /// - Returns: nil if there are none.
    /// - Throws: ``QueueError``; nothing was handed out then.
    func nextSamples(limit: Int) async throws(QueueError) -> QueuedSamples?

    /// Hands out the oldest news of an alert that is neither settled nor handed out.
    ///
    /// - Returns: nil if there is none.
    /// - Throws: ``QueueError``; nothing was handed out then.
    func nextAlert() async throws(QueueError) -> QueuedAlert?

    /// Says what has become of samples that were handed out: accepted ones go; rejected ones go to the dead letters; the
    /// others will be handed out again, in their order. Samples beyond the delivery's count are handed out again too.
    ///
    /// - Throws: ``QueueError``; nothing has changed then, the samples are still handed out, and the call can be repeated.
    ///   When it is not, they come again after a restart.
    func settle(_ samples: QueuedSamples, _ delivery: Delivery) async throws(QueueError)

    /// Says what has become of news of an alert that was handed out.
    ///
    /// - Throws: ``QueueError``; nothing has changed then, and the call can be repeated.
    func settle(_ alert: QueuedAlert, _ outcome: DeliveryOutcome) async throws(QueueError)

    /// Drops the samples of collections that are older than ``QueueSettings/maximumAge`` and not handed out.
    ///
    /// - Parameter now: The time, in milliseconds since 1970.
    /// - Returns: How many samples were dropped.
    /// - Throws: ``QueueError``; nothing was dropped then.
    func expire(now: Int64) async throws(QueueError) -> Int

    /// What has become of everything, as of the last call that has returned. It waits for nothing.
    func counts() -> QueueCounts

    /// Lets go of everything. What was not settled stays in a queue on disk. Calls after it throw ``QueueError/Code/closed``.
    func close() async
}
