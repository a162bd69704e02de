import Glibc
import Settings

/// Writes lines to an open descriptor that others read at their own speed: a terminal or a pipe.
///
/// What is written stops at a deadline, and a line that was cut there is finished first at the next call.
struct StreamWriter: Sendable {
    private let descriptor: Int32
    private let target: String
    /// What is missing of the line that was cut.
    private var rest: [UInt8] = []

    init(descriptor: Int32, target: String) {
        self.descriptor = descriptor
        self.target = target
    }

    /// Writes lines and returns how many were taken. A line that was cut counts as taken.
    ///
    /// - Throws: ``ModuleIOError`` if nothing of the lines was taken, because the reader is gone or too slow.
    mutating func write(_ lines: LineBatch, timeout: Duration) throws(ModuleIOError) -> Int {
        let deadline = ContinuousClock.now.advanced(by: timeout)
        let (missing, failure) = put(rest, until: deadline)
        rest.removeFirst(missing)
        if let failure { throw ModuleIOError(operation: "write to", target: target, errno: failure) }
        let (written, problem) = put(lines.bytes, until: deadline)
        var taken = lines.lines(within: written)
        let whole = taken > 0 ? lines.ends[taken - 1] : 0
        if written > whole {
            rest = Array(lines.bytes[written..<lines.ends[taken]])
            taken += 1
        }
        if taken == 0, lines.count > 0 {
            throw ModuleIOError(operation: "write to", target: target, errno: problem ?? ETIMEDOUT)
        }
        return taken
    }

    /// Writes as much as it can, and returns how much that was and what stopped it.
    private func put(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) -> (count: Int, failure: Int32?) {
        var written = 0
        while written < bytes.count {
            switch waitUntilWritable(deadline) {
            case .some(let failure): return (written, failure)
            case .none: break
            }
            // A pipe that can be written to takes this much without blocking.
            let end = min(bytes.count, written + 4096)
            let result = BrokenPipe.ignored {
                bytes[written..<end].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            }
            switch result {
            case .success(let count): written += count
            case .failure(let code) where code.number == EINTR || code.number == EAGAIN: continue
            case .failure(let code): return (written, code.number)
            }
        }
        return (written, nil)
    }

    private func waitUntilWritable(_ deadline: ContinuousClock.Instant) -> Int32? {
        while true {
            let left = ContinuousClock.now.duration(to: deadline).wholeMilliseconds
            var poller = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            let count = poll(&poller, 1, Int32(clamping: max(0, left)))
            if count > 0 { return nil }
            if count == 0 { return ETIMEDOUT }
            guard errno == EINTR else { return errno }
        }
    }
}

/// Writing to a pipe without reader as an error of the call, and not as the end of the process.
private enum BrokenPipe {
    struct Code: Error {
        var number: Int32
    }

    /// Calls `body`, which writes and returns its result. A library must not change what signals do to the process, so
    /// the signal is held back from this thread and taken away.
    static func ignored(_ body: () -> Int) -> Result<Int, Code> {
        var pipe = sigset_t()
        var before = sigset_t()
        sigemptyset(&pipe)
        sigaddset(&pipe, SIGPIPE)
        pthread_sigmask(SIG_BLOCK, &pipe, &before)
        let count = body()
        let code = errno
        if count < 0, code == EPIPE, sigismember(&before, SIGPIPE) == 0 {
            var none = timespec(tv_sec: 0, tv_nsec: 0)
            while sigtimedwait(&pipe, nil, &none) < 0, errno == EINTR {}
        }
        pthread_sigmask(SIG_SETMASK, &before, nil)
        return count < 0 ? .failure(Code(number: code)) : .success(count)
    }
}
