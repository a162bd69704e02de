import Glibc
import Synchronization

/// A running child in a session of its own, known to the ``Watchdog`` from before its program starts.
final class ChildProcess: Sendable {
    let process: pid_t

    private let status = Mutex<ExitStatus?>(nil)

    /// Starts a program, as another user if we are root.
    init(
        _ arguments: [String],
        environment: [String: String],
        user: String?,
        input: Int32,
        output: Int32,
        errors: Int32
    )
        throws
    {
        var arguments = arguments
        if let user, geteuid() == 0 {
            guard let entry = getpwnam(user)?.pointee else { throw TestSupportError("there is no user \(user)") }
            arguments =
                [
                    try Executable.path("setpriv"), "--reuid=\(entry.pw_uid)", "--regid=\(entry.pw_gid)",
                    "--init-groups", "--",
                ] + arguments
        }
        // The child waits at this gate until the watchdog knows it, so that no moment is left in which we could die
        // and leave it behind.
        let gate = try SocketPair()
        defer { gate.close() }
        process = try Spawn.run(
            ["/bin/sh", "-c", #"read -r go <&3 || exit 125; exec 3<&-; exec "$@""#, "sh"] + arguments,
            environment: environment.merging([Watchdog.markName: Watchdog.mark]) { $1 },
            descriptors: [(input, 0), (output, 1), (errors, 2), (gate.second, 3)]
        )
        try Watchdog.shared.add(process: process)
        _ = Glibc.send(gate.first, "go\n", 3, Int32(MSG_NOSIGNAL))
    }

    deinit {
        killAndReap()
    }

    /// How it ended, or nil while it runs.
    func poll() -> ExitStatus? {
        reap(options: WNOHANG)
        return status.withLock { $0 }
    }

    /// Waits until it has ended or the deadline has passed.
    func wait(until deadline: ContinuousClock.Instant) async throws -> ExitStatus? {
        while true {
            if let status = poll() { return status }
            guard ContinuousClock.now < deadline else { return nil }
            try await Task.sleep(for: .milliseconds(5))
        }
    }

    /// Sends it a signal; nothing happens if it has ended.
    func send(signal: Int32) {
        status.withLock { if $0 == nil { _ = kill(process, signal) } }
    }

    /// Sends a signal to it and to all of its descendants.
    func sendToTree(signal: Int32) {
        status.withLock { status in
            guard status == nil else { return }
            // Parents first, again and again: a parent may start a child while we look.
            var seen: Set<pid_t> = []
            var next = [process]
            while !next.isEmpty {
                for member in next {
                    _ = kill(member, signal)
                    seen.insert(member)
                }
                next = ProcessTable.descendants(of: process).filter { !seen.contains($0) }
            }
        }
    }

    /// Kills it and all of its descendants, and reaps it.
    func killAndReap() {
        guard poll() == nil else { return }
        // Once a parent is dead its children are nobody's, so all are stopped before any is killed.
        sendToTree(signal: SIGSTOP)
        status.withLock { status in
            guard status == nil else { return }
            for member in ProcessTable.descendants(of: process) + [process] { _ = kill(member, SIGKILL) }
        }
        reap(options: 0)
    }

    private func reap(options: Int32) {
        status.withLock { status in
            guard status == nil else { return }
            // Not reaped yet, its number still stands for its group: end what is left of that.
            var info = siginfo_t()
            while true {
                let code = waitid(P_PID, id_t(process), &info, WEXITED | WNOWAIT | options)
                if code == 0 { break }
                guard errno == EINTR else { return }
            }
            guard info.si_signo == SIGCHLD else { return }
            _ = kill(-process, SIGKILL)
            var code: Int32 = 0
            while waitpid(process, &code, 0) < 0, errno == EINTR {}
            status = ExitStatus(wait: code)
            Watchdog.shared.remove(process: process)
        }
    }
}
