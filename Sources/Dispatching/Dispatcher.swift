public import Discovery
public import ExporterKit
import Synchronization

/// Polls for the services that exist now, and says which exporters to open, update and close.
///
/// ```swift
/// let dispatcher = try Dispatcher(configuration: .init(interval: .seconds(30))) { try await catalog.services() }
/// try await withThrowingDiscardingTaskGroup { group in
///     group.addTask { await dispatcher.run() }
///     group.addTask {
///         for await registration in dispatcher.toRegister {
///             open(registration.service)
///             dispatcher.registered(registration.generation)
///         }
///     }
///     group.addTask {
///         for await unregistration in dispatcher.toUnregister {
///             close(unregistration.key)
///             dispatcher.unregistered(unregistration.generation)
///         }
///     }
/// }
/// ```
/// The rules are ``ServiceTable``'s; this is the shell around it: it asks the clock, polls, and sends.
///
/// Each stream is for one consumer. The streams' buffers are not bounded by a number, but by the services: one that is
/// in flight is not sent again before its outcome has been reported.
public final class Dispatcher: Sendable {
    /// Exporters to open. It ends when a shutdown begins: what is still being opened then can be given up.
    public let toRegister: AsyncStream<Registration>
    /// Exporters to close. It ends when a shutdown is over.
    public let toUnregister: AsyncStream<Unregistration>
    /// Services whose labels, tags or metadata changed.
    public let toUpdate: AsyncStream<Update>
    /// What happened, for logs and a history. Who does not read it loses the oldest.
    public let events: AsyncStream<DispatchEvent>

    let configuration: DispatcherConfiguration
    let sources: [DispatchSource]
    let time: TimeSource
    let state: Mutex<State>

    private let registrations: AsyncStream<Registration>.Continuation
    private let unregistrations: AsyncStream<Unregistration>.Continuation
    private let updates: AsyncStream<Update>.Continuation
    private let eventSink: AsyncStream<DispatchEvent>.Continuation

    /// How many events wait for a reader.
    static let eventCapacity = 10_000

    struct State {
        var table: ServiceTable
    }

    /// Wakes the loop of each source.
    let pollers: [Wakeup]
    /// Wakes who waits for the table's next deadline.
    let timer = Wakeup()
    /// Wakes who waits for the table to be drained.
    let drain = Wakeup()

    /// Creates a dispatcher of several sources.
    ///
    /// - Parameters:
    ///   - configuration: The rules.
    ///   - sources: Where services come from; when two report the same key, it belongs to the first.
    ///   - time: The clocks.
    /// - Throws: ``DispatcherConfigurationError``.
    public init(
        configuration: DispatcherConfiguration = DispatcherConfiguration(),
        sources: [DispatchSource],
        time: TimeSource = TimeSource()
    ) throws(DispatcherConfigurationError) {
        try configuration.validate()
        self.configuration = configuration
        self.sources = sources
        self.time = time
        pollers = sources.map { _ in Wakeup() }
        (toRegister, registrations) = AsyncStream.makeStream()
        (toUnregister, unregistrations) = AsyncStream.makeStream()
        (toUpdate, updates) = AsyncStream.makeStream()
        (events, eventSink) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(Self.eventCapacity))
        state = Mutex(State(table: ServiceTable(configuration: configuration, sources: sources.map(\.name))))
    }

    /// Creates a dispatcher of one callback.
    ///
    /// - Parameters:
    ///   - configuration: The rules.
    ///   - time: The clocks.
    ///   - poll: Returns all services that exist now, or throws.
    /// - Throws: ``DispatcherConfigurationError``.
    public convenience init(
        configuration: DispatcherConfiguration = DispatcherConfiguration(),
        time: TimeSource = TimeSource(),
        poll: @escaping @Sendable () async throws -> [MatchedService]
    ) throws(DispatcherConfigurationError) {
        try self.init(configuration: configuration, sources: [DispatchSource(name: "", poll: poll)], time: time)
    }

    /// An exporter has been opened, and has taken over if its registration replaces one.
    public func registered(_ generation: UInt64) {
        perform { $0.registered(generation, at: $1) }
    }

    /// An exporter could not be opened. It is tried again later, or at once if its service has changed meanwhile.
    public func registrationFailed(_ generation: UInt64, error: String) {
        perform { $0.registrationFailed(generation, error: error, at: $1) }
    }

    /// An exporter has been closed.
    public func unregistered(_ generation: UInt64) {
        perform { $0.unregistered(generation, at: $1) }
    }

    /// Asks every source now. Calls that come before the sources have been asked count as one.
    public func refresh() {
        for poller in pollers { poller.signal() }
    }

    /// Asks one source now.
    public func refresh(source name: String) {
        guard let index = sources.firstIndex(where: { $0.name == name }) else { return }
        pollers[index].signal()
    }

    /// Lets go of every service whose removal is held.
    ///
    /// - Returns: How many that were.
    @discardableResult
    public func confirmRemovals() -> Int {
        var count = 0
        perform { table, now in
            let result = table.confirmRemovals(at: now)
            count = result.count
            return result.actions
        }
        return count
    }

    /// What is known now.
    public func status() -> DispatcherStatus {
        state.withLock { $0.table.status(at: time.now) }
    }

    /// Runs a transition and does what it asks for. The streams are fed under the lock, so that they keep the order of
    /// the transitions; feeding never blocks.
    func perform(_ transition: (inout ServiceTable, Duration) -> [TableAction]) {
        let now = time.now
        var polls: [Int] = []
        let (isDue, isDrained) = state.withLock { state in
            let deadline = state.table.nextDeadline
            for action in transition(&state.table, now) {
                switch action {
                case .register(let registration): registrations.yield(registration)
                case .update(let update): updates.yield(update)
                case .unregister(let unregistration): unregistrations.yield(unregistration)
                case .event(let event): eventSink.yield(event)
                case .poll(let source): polls.append(source)
                }
            }
            return (state.table.nextDeadline != deadline, state.table.isDrained)
        }
        if isDue { timer.signal() }
        if isDrained { drain.signal() }
        for source in polls { pollers[source].signal() }
    }

    func finishRegistrations() {
        registrations.finish()
        updates.finish()
    }

    func finishStreams() {
        unregistrations.finish()
        eventSink.finish()
    }
}
