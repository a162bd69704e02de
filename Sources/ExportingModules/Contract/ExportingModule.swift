/// A place that samples and alerts are sent to.
///
/// One instance is one entry of the configuration. The agent makes it from a checked configuration, starts it, and calls
/// ``write(time:samples:)`` and ``warn(time:alert:)`` one at a time, never two at once, until it calls ``close()``.
/// Every module has a queue of its own, so a slow one delays nobody else.
///
/// The contract:
///
/// - A module **answers for each record** what has become of it. "Accepted" means that the destination has it, as far as
///   the destination can say; there is no other way to be rid of a record.
/// - **Throwing means that nothing of the call was taken**, and all of it is sent again later. A module that took a part
///   has to say so in its answer instead.
/// - A module **may get a record twice**, after it was killed or answered "retry". It has to keep the order of what it is
///   given.
/// - A module has **deadlines** for all it waits for and stops when its task is cancelled. It never blocks a thread of the
///   concurrency pool: what can block runs on a queue of its own.
/// - ``start(series:)`` may be called again after it has thrown. It leaves nothing open when it throws.
/// - ``close()`` is called once after a successful start, whatever happened in between.
public protocol ExportingModule: Sendable {
    /// The name in configurations, such as `console`: lower-case letters, digits and `_`.
    static var name: String { get }

    /// What can be configured. Each name is that of the module, a dot, and a word of its own.
    static var parameters: [ModuleParameter] { get }

    /// Creates a module; nothing is opened yet. The configuration has been checked against ``parameters``.
    ///
    /// - Throws: ``ModuleConfigurationError`` for values that do not go together.
    init(configuration: ModuleConfiguration) throws

    /// What the module is configured to take. It is not called with anything else.
    var takes: RecordKinds { get }

    /// Whether what it writes to is beyond this machine's files and terminals. If so, its queue is on disk by default.
    static var crossesNetwork: Bool { get }

    /// How many samples it is given at once, at most. By default 1000.
    var batchSize: Int { get }

    /// Whether it wants to know which series have ended, by samples with ``Sample/isStale``. By default not.
    var takesStaleness: Bool { get }

    /// Opens what the module writes to.
    ///
    /// - Parameter series: The name of this run of the agent; it tells the records of one run from those of another.
    func start(series: String) async throws

    /// Sends samples.
    ///
    /// - Parameters:
    ///   - time: When they were collected, in milliseconds since 1970. Each sample has a time of its own too.
    ///   - samples: The samples, in the order in which they were collected.
    func write(time: Int64, samples: [Sample]) async throws -> Delivery

    /// Sends news of an alert.
    ///
    /// - Parameters:
    ///   - time: When it was found out, in milliseconds since 1970.
    ///   - alert: The news.
    func warn(time: Int64, alert: Alert) async throws -> DeliveryOutcome

    /// Opens its files anew, after something else has moved them. By default there are none.
    func reopen() async throws

    /// Sends what is still held back and closes what was opened.
    func close() async throws
}

extension ExportingModule {
    /// False.
    public static var crossesNetwork: Bool { false }
    /// 1000.
    public var batchSize: Int { 1000 }
    /// False.
    public var takesStaleness: Bool { false }
    /// Does nothing.
    public func reopen() async throws {}
}

/// What a module takes.
public struct RecordKinds: OptionSet, Sendable, Hashable {
    /// One bit per kind.
    public let rawValue: UInt8
    /// Samples.
    public static let samples = RecordKinds(rawValue: 1)
    /// News of alerts.
    public static let alerts = RecordKinds(rawValue: 2)

    /// Creates a set from its bits.
    public init(rawValue: UInt8) {
        self.rawValue = rawValue
    }
}
