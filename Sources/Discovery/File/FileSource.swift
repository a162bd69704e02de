import Dispatch
public import Settings
import Synchronization

/// Discovers services from files: YAML or JSON, in our own form or in Prometheus' `file_sd` form, told apart by shape.
///
/// Changes are seen at once, and again by every regular poll. What happens to files that are broken or gone is said at
/// ``Configuration``.
public final class FileSource: Source {
    /// What to read and how.
    ///
    /// A file that cannot be read or makes no sense keeps its last good list, and a problem says so with its place.
    /// A file that is deleted takes its services with it, while the folder it was found from is still there; if that
    /// folder is gone or cannot be read, the last lists stay. A pattern that matches nothing gives nothing. A path
    /// without wildcards that does not exist is a problem. If nothing is known of any file, the poll fails.
    public struct Configuration: Sendable {
        /// Paths or patterns (`*`, `?`, `[...]`, as in a shell).
        public var paths: [String]
        /// The folder that relative paths are relative to.
        public var directory: String
        /// How long a broken file keeps its last good list.
        public var keepBroken: Duration

        /// Creates a configuration.
        public init(paths: [String], directory: String = ".", keepBroken: Duration = .seconds(86_400)) {
            self.paths = paths
            self.directory = directory
            self.keepBroken = keepBroken
        }

        /// Reads the block `file:` of a source: `{paths: [services.yaml], keep_broken: 24h}`, or a bare list or path.
        ///
        /// - Returns: Nil, with problems noted, if it is wrong.
        public init?(node: SettingsNode, directory: String, problems: ProblemList) {
            let count = problems.problems.count
            let reader = MappingReader(node, problems: problems)
            let paths = reader.required("paths") == nil ? nil : reader.strings("paths")
            let keep = reader.duration("keep_broken", in: .zero ... .seconds(3650 * 86_400))
            reader.finish()
            if let paths, paths.isEmpty || paths.contains("") {
                problems.add("expected at least one path, and no empty one", at: reader.value("paths") ?? node)
            }
            guard let paths, problems.problems.count == count else { return nil }
            self.init(paths: paths, directory: directory, keepBroken: keep ?? .seconds(86_400))
        }
    }

    /// The source's name.
    public let name: String

    private struct State {
        var isReading = false
        var watchFault: String?
    }

    private let patterns: [PathPattern]
    private let catalog: Mutex<FileCatalog>
    private let state = Mutex(State())
    private let uptime: @Sendable () -> Duration
    /// Reading blocks, on a network file system for long, so it stays off the pool that tasks run on.
    private let queue: DispatchQueue

    /// Creates a source. Nothing is read yet.
    public convenience init(name: String, configuration: Configuration) {
        let clock = ContinuousClock()
        let start = clock.now
        self.init(name: name, configuration: configuration, uptime: { start.duration(to: clock.now) })
    }

    /// - Parameter uptime: The time on a clock that does not jump, for how long a broken file keeps its list.
    init(name: String, configuration: Configuration, uptime: @escaping @Sendable () -> Duration) {
        self.name = name
        patterns = configuration.paths.map { PathPattern($0, directory: configuration.directory) }
        catalog = Mutex(FileCatalog(patterns: patterns, keepBroken: configuration.keepBroken))
        self.uptime = uptime
        queue = DispatchQueue(label: "muster.files.\(name)")
    }

    /// Everything that the files list now.
    ///
    /// - Throws: ``SourceError`` if nothing is known of any file; `CancellationError`, at once, when cancelled.
    public func services() async throws -> SourceListing {
        try Task.checkCancellation()
        let watchFault = try state.withLock { state throws(SourceError) -> String? in
            if state.isReading { throw SourceError(.busy, "an earlier reading of the files has not come back") }
            state.isReading = true
            return state.watchFault
        }
        let call = FileRead()
        var listing = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                call.start(continuation)
                queue.async { [self] in
                    let result = Result {
                        try catalog.withLock { try $0.read(now: uptime(), isCancelled: { call.isCancelled }) }
                    }
                    state.withLock { $0.isReading = false }
                    call.finish(result)
                }
            }
        } onCancel: {
            call.finish(.failure(CancellationError()))
        }
        if let watchFault {
            listing.problems.append(
                SourceProblem(entry: name, reason: "changes are seen by polls only: \(watchFault)")
            )
        }
        return listing
    }

    /// Hints within a tenth of a second after a change, or half a second while changes go on.
    public func changes() -> AsyncStream<Void> {
        watch(onEnd: {})
    }

    /// - Parameter onEnd: Called when everything that the stream held has been released.
    func watch(onEnd: @escaping @Sendable () -> Void) -> AsyncStream<Void> {
        let (stream, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .bufferingNewest(1))
        do {
            let watcher = try FileWatcher(patterns: patterns, onFault: { [weak self] fault in self?.note(fault) })
            note(watcher.fault)
            let stop = watcher.stopper
            continuation.onTermination = { _ in stop.stop() }
            watcher.start(
                hint: { continuation.yield() },
                onEnd: {
                    continuation.finish()
                    onEnd()
                }
            )
        } catch {
            note("inotify: \(error)")
            // Without a finish: the stream would otherwise have to be told apart from one that ended.
            onEnd()
        }
        return stream
    }

    private func note(_ fault: String?) {
        state.withLock { $0.watchFault = fault }
    }
}
