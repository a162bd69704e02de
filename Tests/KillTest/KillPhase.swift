import Foundation
import TestSupport

/// Kills the agent again and again while the receiver fails.
struct KillPhase {
    let seed: UInt64
    let kills: Int

    func run() async throws -> [String] {
        let folder = try TemporaryFolder()
        var random = SeededGenerator(seed: seed)
        let receiver = try Receiver(seed: random.next())
        defer { receiver.stop() }
        let child = try Child(
            folder: folder,
            state: try folder.makeFolder("state"),
            url: receiver.url,
            queues: ["block": ("block", "1MiB"), "drop": ("drop-oldest", "128KiB")]
        )
        for number in 1...max(1, kills) {
            // One of the services comes and goes.
            try child.offer(number % 3 == 0 ? 2 : 3)
            let process = try await child.start()
            try await Task.sleep(for: .milliseconds(Int.random(in: 5...2500, using: &random)))
            if let status = process.status {
                return ["the agent ended by itself at start \(number): \(status)\n\(process.logTail)"]
            }
            process.kill()
            if number % 20 == 0 { say("killed \(number) times") }
        }
        receiver.behave(.well)
        let counts = try await child.finish()
        let modes = receiver.modes.sorted { $0.key.rawValue < $1.key.rawValue }
        say("the receiver: " + modes.map { "\($0.key.rawValue) \($0.value)" }.joined(separator: ", "))
        var failures = try Sums(counts, child, receiver, phase: "kills").failures
        for mode in Receiver.Mode.allCases where receiver.modes[mode] == nil && kills >= 100 {
            failures.append("the receiver never did \(mode.rawValue)")
        }
        return failures
    }
}
