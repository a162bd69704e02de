import Glibc
import Synchronization

/// Asks mounts how full they are, on a thread of its own, and leaves those alone that do not answer.
///
/// `statvfs` on a dead network filesystem cannot be interrupted. So it is never called on the cooperative pool; when it
/// takes too long its thread is given up and another one goes on with the next mount. The thread ends by itself when
/// the mount answers at last, and from then on the mount is asked again.
final class MountProbe: Sendable {
    typealias Ask = @Sendable (_ path: [UInt8]) -> MountOutcome

    private let stuck: StuckMounts
    private let timeout: Duration
    private let clock: any Clock<Duration>
    private let ask: Ask

    init(
        stuck: StuckMounts,
        timeout: Duration,
        clock: any Clock<Duration>,
        ask: @escaping Ask = FilesystemStatistics.read
    ) {
        self.stuck = stuck
        self.timeout = timeout
        self.clock = clock
        self.ask = ask
    }

    /// Asks each path once.
    ///
    /// - Returns: One outcome per path, in their order.
    /// - Throws: `CancellationError`; the mount that was being asked then counts as stuck until it answers.
    func outcomes(of paths: [[UInt8]]) async throws -> [MountOutcome] {
        let round = MountRound(paths: paths, stuck: stuck)
        while !round.isFinished {
            if stuck.isFull || !start(round) {
                round.giveUpAll()
                break
            }
            try await wait(for: round)
        }
        return round.outcomes
    }

    /// Returns when the round is finished, or has lost its thread to a mount.
    private func wait(for round: MountRound) async throws {
        let (clock, timeout) = (clock, timeout)
        round.prepareToWait()
        do {
            try await withThrowingTaskGroup { group in
                group.addTask { await round.finished() }
                group.addTask {
                    // A mount gets between one and two times the timeout: only one that was there at both ends is stuck.
                    var progress = round.progress
                    while true {
                        try await clock.sleep(for: timeout)
                        if round.giveUp(unlessPast: progress) { return }
                        progress = round.progress
                    }
                }
                try await group.next()
                group.cancelAll()
            }
            try Task.checkCancellation()
        } catch {
            round.giveUpAll()
            throw error
        }
    }

    private final class Job {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }

    /// Starts a thread that asks what has not been asked; returns false if there can be none.
    private func start(_ round: MountRound) -> Bool {
        let (ask, stuck) = (ask, stuck)
        let worker = round.newWorker()
        let job = Unmanaged.passRetained(
            Job {
                while let (index, path) = round.take(worker) {
                    let outcome = ask(path)
                    if !round.settle(index, outcome, worker) {
                        stuck.remove(path)
                        return
                    }
                }
            }
        )
        var thread = pthread_t()
        let code = pthread_create(
            &thread,
            nil,
            { argument in
                if let argument { Unmanaged<Job>.fromOpaque(argument).takeRetainedValue().body() }
                return nil
            },
            job.toOpaque()
        )
        guard code == 0 else {
            job.release()
            return false
        }
        pthread_detach(thread)
        return true
    }
}
