import Synchronization

/// An exporter made of collectors: what a custom exporter needs besides them.
///
/// With nothing to open:
///
/// ```swift
/// struct QueueCollector: MetricCollector {
///     let name = "queue"
///     let folder: String
///
///     func collect(into batch: inout MetricBatch) async throws {
///         let names = try FileManager.default.contentsOfDirectory(atPath: folder)
///         batch.gauge("queue_files", "Files that wait.", Double(names.count), labels: ["folder": folder])
///     }
/// }
///
/// let exporter = BaseExporter(collectors: [QueueCollector(folder: "/var/spool/jobs")])
/// ```
///
/// With a connection, which is opened in ``setUp()``, given to the collectors, and closed in ``close()``:
///
/// ```swift
/// let exporter = BaseExporter {
///     try await Connection.open("10.0.0.5")
/// } collectors: { connection in
///     [ClosureCollector("load") { $0.gauge("load", "How busy it is.", try await connection.load()) }]
/// } close: { connection in
///     await connection.close()
/// }
/// ```
///
/// It closes a connection exactly once, also one that is only open after the host has given up on ``setUp()``.
public final class BaseExporter: Exporter {
    private struct Opened: Sendable {
        var collectors: [any MetricCollector]
        var close: @Sendable () async -> Void
    }

    private enum State {
        case new
        case opening
        case open(Opened)
        case closed
    }

    /// Whether the collectors are run one after another.
    public let collectsExclusively: Bool
    private let open: @Sendable () async throws -> Opened
    private let state = Mutex(State.new)

    /// Creates an exporter around something that has to be opened and closed.
    ///
    /// - Parameters:
    ///   - collectsExclusively: Whether the collectors are run one after another; see ``Exporter/collectsExclusively``.
    ///   - open: Opens it, once. Throws if the service cannot be reached.
    ///   - collectors: The collectors that use it.
    ///   - close: Closes it, once, if it was opened.
    public init<Resource: Sendable>(
        collectsExclusively: Bool = true,
        open: @escaping @Sendable () async throws -> Resource,
        collectors: @escaping @Sendable (Resource) async throws -> [any MetricCollector],
        close: @escaping @Sendable (Resource) async -> Void
    ) {
        self.collectsExclusively = collectsExclusively
        self.open = {
            let resource = try await open()
            do {
                return Opened(collectors: try await collectors(resource)) { await close(resource) }
            } catch {
                await close(resource)
                throw error
            }
        }
    }

    /// Creates an exporter of collectors that need nothing opened, or see to it themselves.
    ///
    /// - Parameters:
    ///   - collectors: The collectors.
    ///   - collectsExclusively: Whether they are run one after another; see ``Exporter/collectsExclusively``.
    ///   - setUp: What to do before the first collection. Throws if the service cannot be reached.
    ///   - close: What to do after the last collection, if `setUp` has not thrown.
    public convenience init(
        collectors: [any MetricCollector],
        collectsExclusively: Bool = true,
        setUp: @escaping @Sendable () async throws -> Void = {},
        close: @escaping @Sendable () async -> Void = {}
    ) {
        self.init(collectsExclusively: collectsExclusively) {
            try await setUp()
        } collectors: {
            collectors
        } close: {
            await close()
        }
    }

    /// The collectors; none before ``setUp()`` has returned and none after ``close()``.
    public var collectors: [any MetricCollector] {
        state.withLock { state in
            if case .open(let opened) = state { opened.collectors } else { [] }
        }
    }

    /// Opens what is to be opened. Does nothing the second time.
    ///
    /// - Throws: What the closures throw; `CancellationError` if the exporter was closed meanwhile.
    public func setUp() async throws {
        let isFirst = state.withLock { state in
            guard case .new = state else { return false }
            state = .opening
            return true
        }
        guard isFirst else { return }
        let opened = try await open()
        let isClosed = state.withLock { state in
            if case .closed = state { return true }
            state = .open(opened)
            return false
        }
        if isClosed {
            await opened.close()
            throw CancellationError()
        }
    }

    /// Closes what was opened. Does nothing the second time.
    public func close() async {
        let opened = state.withLock { state -> Opened? in
            defer { state = .closed }
            if case .open(let opened) = state { return opened }
            return nil
        }
        await opened?.close()
    }
}
