import Foundation
import TestSupport

/// Fills the disk, kills the agent while it is full, and makes room again.
struct FullDiskPhase {
    let seed: UInt64

    func run() async throws -> [String] {
        guard geteuid() == 0 else {
            say("full disk: skipped, because mounting a small file system needs root")
            return []
        }
        let folder = try TemporaryFolder()
        let disk = try folder.makeFolder("disk")
        let mounted = try await Command.run(["mount", "-t", "tmpfs", "-o", "size=12m", "muster-kill-test", disk])
        guard mounted.status == .exited(0) else {
            say("full disk: skipped, because nothing can be mounted here: \(mounted.errors)")
            return []
        }
        let result: Result<[String], any Error>
        do {
            result = .success(try await run(folder, disk))
        } catch {
            result = .failure(error)
        }
        try await Command.output(["umount", "-l", disk])
        return try result.get()
    }

    private func run(_ folder: TemporaryFolder, _ disk: String) async throws -> [String] {
        let receiver = try Receiver(seed: seed)
        defer { receiver.stop() }
        let child = try Child(
            folder: folder,
            state: disk,
            url: receiver.url,
            queues: ["block": ("block", "4MiB")]
        )
        do {
            return try await run(child, receiver, disk)
        } catch {
            let log = (try? String(contentsOfFile: child.log, encoding: .utf8)) ?? ""
            let end = log.split(separator: "\n").suffix(20).joined(separator: "\n")
            throw TestSupportError("full disk: \(error); the log of the agent ends:\n\(end)")
        }
    }

    private func run(_ child: Child, _ receiver: Receiver, _ disk: String) async throws -> [String] {
        var failures: [String] = []
        receiver.behave(.well)
        var process = try await child.start()
        try await waitUntil("something is received") {
            receiver.taken("block").samples.count > 500 && receiver.taken("block").alerts.count > 5
        }
        receiver.behave(.down)
        try Self.fill("\(disk)/filler")
        try await waitUntil("the agent is held back") { try await Self.isHeldBack(child, process) }
        for _ in 0..<3 {
            process.kill()
            process = try await child.start()
            try await waitUntil("the agent is held back again") { try await Self.isHeldBack(child, process) }
        }
        let had = try Journal(child.journal).had.count
        // What waits can be delivered though the disk is full.
        receiver.behave(.well)
        let before = receiver.taken("block").samples.count
        try await waitUntil("something is delivered from a full disk") {
            receiver.taken("block").samples.count > before
        }
        try FileManager.default.removeItem(atPath: "\(disk)/filler")
        try await waitUntil("the agent goes on") { try Journal(child.journal).had.count > had + 500 }
        if process.status != nil { failures.append("full disk: the agent ended by itself: \(process.logTail)") }
        process.kill()
        let counts = try await child.finish()
        return failures + (try Sums(counts, child, receiver, phase: "full disk", couldSave: false).failures)
    }

    /// Whether it runs, says that the disk is full, and nothing comes into the queue for a second.
    private static func isHeldBack(_ child: Child, _ process: ServerProcess) async throws -> Bool {
        let log = try String(contentsOfFile: child.log, encoding: .utf8)
        guard log.contains("disk is full") || log.contains("diskFull") else { return false }
        let before = try Journal(child.journal).had.count
        try await Task.sleep(for: .seconds(1))
        return try Journal(child.journal).had.count == before && process.status == nil
    }

    private static func fill(_ path: String) throws {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0o644)
        guard descriptor >= 0 else { throw TestSupportError("cannot make \(path)") }
        defer { close(descriptor) }
        for size in [65_536, 4_096, 1] {
            let bytes = [UInt8](repeating: 1, count: size)
            while write(descriptor, bytes, size) == size {}
        }
    }
}
