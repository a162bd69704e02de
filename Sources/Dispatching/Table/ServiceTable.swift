import Discovery
import HeapModule

/// Which services should have an exporter, which have one, and what to do about the difference.
///
/// A pure state machine: every transition is told the time and returns what to do; nothing here waits, sends or asks
/// the clock. ``Dispatcher`` is the shell around it. The rules:
///
/// - A failed poll changes nothing; the last good list of that source stays, for at most `keepStale`.
/// - A list that is suddenly empty, or misses more than `maximumRemoval` of what was there, is applied only after it has
///   stood for `hold`, or when a person confirms it. Other absences are applied after `grace`.
/// - A key that several sources report belongs to the first of them, in the order of the sources.
/// - A service is in flight from when it is sent until its outcome is reported; it is not sent again meanwhile.
/// - A failed registration is tried again after a backoff, without end; a changed service is tried at once.
/// - A service whose hash changed gets a candidate; when that is registered the older exporter is unregistered. At most
///   one candidate runs at a time, and none while an exporter of the same key is still being closed.
/// - Every registration that succeeded is unregistered exactly once.
///
/// The cost of a list that did not change is a walk along two arrays: no dictionary is touched.
public struct ServiceTable: Sendable {
    let configuration: DispatcherConfiguration
    var sources: [SourceState]
    var entries: [ServiceEntry?] = []
    var freeEntries: [Int] = []
    var index: [ServiceKey: Int] = [:]
    var byGeneration: [UInt64: Int] = [:]
    var deadlines = Heap<Deadline>()
    var nextGeneration: UInt64 = 1
    var generator: JitterGenerator
    var actions: [TableAction] = []
    /// Whether ``shutDown(at:)`` has been called.
    public internal(set) var isShuttingDown = false

    /// Creates a table without services.
    ///
    /// - Parameters:
    ///   - configuration: The rules; see ``DispatcherConfiguration/validate()``.
    ///   - sources: The names of the sources. All later calls name one by its place here.
    public init(configuration: DispatcherConfiguration, sources: [String]) {
        self.configuration = configuration
        self.sources = sources.map(SourceState.init)
        generator = JitterGenerator(seed: configuration.seed)
    }

    /// Whether no exporter is open, being opened or being closed.
    public var isDrained: Bool { byGeneration.isEmpty }

    /// When ``tick(at:)`` has something to do next; nil if time alone changes nothing.
    public var nextDeadline: Duration? { deadlines.min?.time }

    /// Does what has become due.
    ///
    /// - Parameter now: The time.
    /// - Returns: What to do.
    public mutating func tick(at now: Duration) -> [TableAction] {
        while let deadline = deadlines.min, deadline.time <= now {
            deadlines.removeMin()
            switch deadline.subject {
            case .entry(let entry): reconcile(entry, at: now)
            case .grace(let source): endGrace(of: source, at: now)
            case .hold(let source):
                // A deadline that was overtaken by another list asks for nothing.
                if sources[source].heldUntil == deadline.time { actions.append(.poll(source: source)) }
            case .stale(let source): dropIfStale(source, at: now)
            }
        }
        return takeActions()
    }

    /// Asks for every exporter to be closed, and opens no more. Those that are being opened are closed when they report.
    ///
    /// - Parameter now: The time.
    /// - Returns: What to do.
    public mutating func shutDown(at now: Duration) -> [TableAction] {
        isShuttingDown = true
        for source in sources.indices { sources[source].forgetList() }
        deadlines = Heap()
        for entry in entries.indices {
            entries[entry]?.claims = []
            reconcile(entry, at: now)
        }
        return takeActions()
    }

    mutating func takeActions() -> [TableAction] {
        defer { actions = [] }
        return actions
    }

    mutating func note(
        _ kind: DispatchEvent.Kind,
        at now: Duration,
        source: Int? = nil,
        service: MatchedService? = nil,
        generation: UInt64? = nil,
        detail: String? = nil
    ) {
        let name = source.map { sources[$0].name } ?? service?.source
        actions.append(
            .event(
                DispatchEvent(
                    kind: kind,
                    time: now,
                    source: name,
                    service: service,
                    generation: generation,
                    detail: detail
                )
            )
        )
    }
}
