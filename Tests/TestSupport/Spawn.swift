import Glibc

/// Starts processes.
enum Spawn {
    /// Starts a process in a session of its own, with default signals and only the given descriptors.
    ///
    /// In a session of the test process a stopped server would get SIGHUP and SIGCONT when the test process dies.
    ///
    /// - Parameters:
    ///   - arguments: The executable's path and its arguments.
    ///   - environment: All of the environment.
    ///   - descriptors: Which of ours becomes which of the child's, from 0 without a gap.
    /// - Returns: The process identifier.
    static func run(
        _ arguments: [String],
        environment: [String: String],
        descriptors: [(ours: Int32, child: Int32)]
    ) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        // Move them out of the way first: one of ours may have the number that another is to get in the child.
        for (index, pair) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, pair.ours, 200 + Int32(index))
        }
        for (index, pair) in descriptors.enumerated() {
            posix_spawn_file_actions_adddup2(&actions, 200 + Int32(index), pair.child)
        }
        // Others may be open without close-on-exec: a pipe of the test runner in a server would keep that waiting.
        let firstOther = (descriptors.map(\.child).max() ?? 2) + 1
        let moved = descriptors.indices.map { 200 + Int32($0) }
        for descriptor in Set(openDescriptors() + moved) where descriptor >= firstOther {
            posix_spawn_file_actions_addclose(&actions, descriptor)
        }

        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        let setSession: Int32 = 0x80  // POSIX_SPAWN_SETSID, which is not imported.
        posix_spawnattr_setflags(&attributes, Int16(setSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
        var signals = sigset_t()
        sigfillset(&signals)
        posix_spawnattr_setsigdefault(&attributes, &signals)
        sigemptyset(&signals)
        posix_spawnattr_setsigmask(&attributes, &signals)

        let arguments = arguments.map { strdup($0) } + [nil]
        let environment = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in arguments + environment { free(text) } }
        guard let path = arguments[0] else { throw TestSupportError("nothing to run") }
        var process: pid_t = 0
        let code = posix_spawn(&process, path, &actions, &attributes, arguments, environment)
        guard code == 0 else {
            throw TestSupportError("cannot start \(String(cString: path)): \(String(cString: strerror(code)))")
        }
        return process
    }

    private static func openDescriptors() -> [Int32] {
        FolderList.names(in: "/proc/self/fd").compactMap { Int32($0) }
    }

    /// The environment of the test process.
    static var environment: [String: String] {
        var result: [String: String] = [:]
        var entry = environ
        while let text = entry.pointee {
            let parts = String(cString: text).split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            if parts.count == 2 { result[String(parts[0])] = String(parts[1]) }
            entry += 1
        }
        return result
    }
}
