import Foundation
import TestSupport

/// Kills the program again and again while the receiver fails.
struct KillPhase {
    let seed: UInt64
    let kills: Int

    func run() async throws -> [String] {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(seed: seed)
        let receiver = try Receiver(seed: random.next())
        defer { receiver.stop() }
        let child = Child(
            state: try folder.makeFolder("state"),
            journal: folder.path("journal"),
            log: folder.path("log"),
            url: receiver.url,
            queues: ["--block", "\(256 << 10)", "--drop", "\(128 << 10)"]
        )
        for number in 1...max(1, kills) {
            let process = try await child.start()
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...700, using: &random)))
            if let status = process.status {
                return ["the program ended by itself at start \(number): \(status)\n\(process.logTail)"]
            }
            process.kill()
            if number % 20 == 0 { say("killed \(number) times") }
        }
        receiver.behave(.well)
        try await child.finish()
        let modes = receiver.modes.sorted { $0.key.rawValue < $1.key.rawValue }
        say("the receiver: " + modes.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "))
        var failures = try Sums(child, receiver, phase: "kills").failures
        for mode in Receiver.Mode.allCases where receiver.modes[mode] == nil && kills >= 100 {
            failures.append("the receiver never did \(mode.rawValue)")
        }
        return failures
    }
}

/// Fills the disk, kills the program while it is full, and makes room again.
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
        let child = Child(
            state: disk,
            journal: folder.path("journal"),
            log: folder.path("log"),
            url: receiver.url,
            queues: ["--block", "\(4 << 20)"]
        )
        do {
            return try await run(child, receiver, disk)
        } catch {
            let log = (try? String(contentsOfFile: child.log, encoding: .utf8)) ?? ""
            let end = log.split(separator: "\n").suffix(20).joined(separator: "\n")
            throw TestSupportError("full disk: \(error); the log of the program ends:\n\(end)")
        }
    }

    private func run(_ child: Child, _ receiver: Receiver, _ disk: String) async throws -> [String] {
        var failures: [String] = []
        receiver.behave(.well)
        var process = try await child.start()
        try await waitUntil("something is received") { receiver.taken("block").samples.count > 500 }
        receiver.behave(.down)
        try Self.fill("\(disk)/filler")
        try await waitUntil("the program is held back") { try await Self.isHeldBack(child) }
        for _ in 0..<3 {
            process.kill()
            process = try await child.start()
            try await waitUntil("the program is held back again") { try await Self.isHeldBack(child) }
        }
        let had = try Journal(child.journal).had.count
        // What waits can be delivered though the disk is full.
        receiver.behave(.well)
        let before = receiver.taken("block").samples.count
        try await waitUntil("something is delivered from a full disk") {
            receiver.taken("block").samples.count > before
        }
        try FileManager.default.removeItem(atPath: "\(disk)/filler")
        try await waitUntil("the program goes on") { try Journal(child.journal).had.count > had + 500 }
        if process.status != nil { failures.append("full disk: the program ended by itself: \(process.logTail)") }
        process.kill()
        try await child.finish()
        return failures + (try Sums(child, receiver, phase: "full disk").failures)
    }

    /// Whether it says that the disk is full, and nothing comes into the queue for a second.
    private static func isHeldBack(_ child: Child) async throws -> Bool {
        let log = try String(contentsOfFile: child.log, encoding: .utf8)
        guard log.contains("disk is full") || log.contains("diskFull") else { return false }
        let before = try Journal(child.journal).had.count
        try await Task.sleep(for: .seconds(1))
        return try Journal(child.journal).had.count == before
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
