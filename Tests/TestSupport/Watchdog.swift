import Glibc
import Synchronization

/// Kills what a test process leaves behind, also when that process was killed by SIGKILL.
///
/// It is a small shell process that reads what to clean up from a socket. The socket's other end closes when the test
/// process ends, in whatever way: then every registered process is killed with its descendants, then what else carries
/// this process' mark in its environment, and every registered folder is removed.
final class Watchdog: Sendable {
    static let shared = Watchdog()

    /// An environment variable that every process started here gets, so that those can be found whose parents are gone.
    static let markName = "MUSTER_TEST_MARK"
    /// The value of ``markName``.
    static let mark = "\(getpid()).\(UInt64.random(in: 0 ... .max))"

    private let socket: Mutex<Int32?>

    private init() {
        socket = Mutex(Self.start())
    }

    /// Kills this process and its descendants when the test process ends.
    func add(process: pid_t) throws { try send("process \(process)\n") }

    /// The process has been reaped.
    func remove(process: pid_t) { try? send("reaped \(process)\n") }

    /// Removes this folder when the test process ends.
    func add(folder: String) throws {
        guard folder.hasPrefix(TemporaryFolder.prefix), !folder.contains(where: { $0.isWhitespace || $0 == "." }) else {
            throw TestSupportError("\(folder) is no temporary folder")
        }
        try send("folder \(folder)\n")
    }

    /// The folder has been removed.
    func remove(folder: String) { try? send("removed \(folder)\n") }

    private func send(_ line: String) throws {
        try socket.withLock { socket in
            let bytes = Array(line.utf8)
            guard let socket, Glibc.send(socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count else {
                throw TestSupportError("the watchdog of the tests is not running")
            }
        }
    }

    private static func start() -> Int32? {
        guard let ends = try? SocketPair() else { return nil }
        defer { close(ends.second) }
        let null = open("/dev/null", O_RDWR | O_CLOEXEC)
        guard null >= 0 else { return nil }
        defer { close(null) }
        let spawned = try? Spawn.run(
            ["/bin/sh", "-c", script, "muster-test-watchdog", "\(markName)=\(mark)"],
            environment: ["PATH": "/usr/local/bin:/usr/bin:/bin"],
            descriptors: [(ends.second, 0), (null, 1), (null, 2)]
        )
        guard spawned != nil else {
            close(ends.first)
            return nil
        }
        return ends.first
    }

    private static let script = #"""
        trap '' HUP INT TERM QUIT
        without() { kept=; for each in $1; do [ "$each" = "$2" ] || kept="$kept $each"; done; }
        family() {
            echo "$1"
            for child in $(cat /proc/"$1"/task/*/children 2>/dev/null); do family "$child"; done
        }
        processes=; folders=
        while read -r what value; do
            case $what in
                process) processes="$processes $value" ;;
                reaped) without "$processes" "$value"; processes=$kept ;;
                folder) folders="$folders $value" ;;
                removed) without "$folders" "$value"; folders=$kept ;;
            esac
        done
        for process in $processes; do
            for member in $(family "$process"); do kill -KILL "$member"; done
            kill -KILL -- "-$process"
        done
        for file in $(grep -lsaF -- "$1" /proc/[0-9]*/environ); do
            member=${file#/proc/}; kill -KILL "${member%/environ}"
        done
        for folder in $folders; do
            case $folder in /tmp/muster-test-?*) rm -rf -- "$folder" || { sleep 1; rm -rf -- "$folder"; } ;; esac
        done
        """#
}
