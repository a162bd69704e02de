/// Something that is open for one service and has metrics to give.
///
/// Its life: ``setUp()`` once, then its collectors are run on their schedules, then ``close()`` once. The host calls
/// `close()` exactly once for every exporter whose `setUp()` was called, also if that threw, timed out or was
/// cancelled. No collection begins after `close()` has, and none is under way then, except one that has ignored its
/// cancellation for longer than the scheduler's grace.
public protocol Exporter: Sendable {
    /// The groups of metrics. Read once, after ``setUp()`` has returned.
    var collectors: [any MetricCollector] { get }

    /// Whether the collectors are run one after another, never two at a time: right for all that share a connection, and
    /// the default.
    ///
    /// A collection that hangs, that is, ignores that it was cancelled, then keeps the exporter's other collectors
    /// waiting: what they share is in use. Other exporters do not wait.
    var collectsExclusively: Bool { get }

    /// Opens what the exporter needs, and finds out whether the service can be reached.
    ///
    /// The host cancels the task when its deadline passes. If it throws, the exporter is closed and, after a backoff, a
    /// new one is made: so throw when the service cannot be reached, and never retry here.
    func setUp() async throws

    /// Lets go of everything. Must come back soon, also when the service does not answer; must not throw.
    func close() async
}

extension Exporter {
    /// One after another.
    public var collectsExclusively: Bool { true }

    /// Does nothing.
    public func setUp() async throws {}

    /// Does nothing.
    public func close() async {}
}
