import Dispatch
import Glibc
import Synchronization

/// Compresses the files that were put aside, one at a time, while records are written on another thread.
///
/// What it had not finished when the process ended is finished after the next start.
final class FileCompressor: Sendable {
    private struct State {
        var paths: [String] = []
        var isStopped = true
        /// Whether a look at the folders is due and has not begun.
        var isQueued = false
        var problem: ModuleIOError?
    }

    private let keep: Int
    private let queue = BlockingQueue(label: "muster.file.compress", qos: .utility)
    private let state = Mutex(State())

    /// - Parameter keep: How many files that were put aside are kept; 0 for all.
    init(keep: Int) {
        self.keep = keep
    }

    /// What went wrong in the last look; nil if nothing. The files stay as they are until the next one.
    var problem: ModuleIOError? { state.withLock { $0.problem } }

    /// Begins with what is there for these paths.
    func start(_ paths: [String]) {
        state.withLock { state in
            state.paths = paths
            state.isStopped = false
        }
        wake()
    }

    /// Says that a file was put aside. However often this is called, one look at the folders is due at most.
    func wake() {
        let isNew = state.withLock { state in
            guard !state.isStopped, !state.isQueued else { return false }
            state.isQueued = true
            return true
        }
        if isNew { queue.submit { [self] in look() } }
    }

    /// Ends within one piece of a file.
    func stop() async throws {
        state.withLock { $0.isStopped = true }
        try await queue.run {}
    }

    /// Waits until what was put aside so far is compressed.
    func finish() async throws {
        try await queue.run {}
    }

    private var isStopped: Bool { state.withLock { $0.isStopped } }

    private func look() {
        let paths = state.withLock { state in
            state.isQueued = false
            return state.paths
        }
        var problem: ModuleIOError?
        for path in paths {
            let files = RotatedFiles.files(path)
            let plain = Set(files.filter { $0.form == .plain }.map(\.identity))
            for file in files where !isStopped {
                switch file.form {
                case .plain: problem = compress(file.path) ?? problem
                // The file that it was made from is gone.
                case .part where !plain.contains(file.identity): unlink(file.path)
                case .part, .compressed: break
                }
            }
            // One that was removed in the middle of the work may have come back.
            if keep > 0 { problem = RotatedFiles.prune(path, keep: keep) ?? problem }
        }
        state.withLock { $0.problem = problem }
    }

    private func compress(_ path: String) -> ModuleIOError? {
        do throws(ModuleIOError) {
            try GzipFile.replace(path) { isStopped }
            return nil
        } catch {
            return error.code == ENOENT ? nil : error
        }
    }
}
