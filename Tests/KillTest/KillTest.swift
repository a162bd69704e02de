import Foundation
import TestSupport

/// Shows that nothing is lost: an agent that delivers a numbered stream is killed again and again while the receiver fails
/// in every way; in the end every record was delivered, rejected, or counted as dropped.
///
/// ```
/// KillTest [--seed N] [--kills N]
/// ```
/// The agent that is killed is this program, as `KillTest agent ...`.
@main
struct KillTest {
    static func main() async throws {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "agent" {
            arguments.removeFirst()
            try await AgentProgram(Options(arguments)).run()
            return
        }
        let options = try Options(arguments)
        let seed = try options.integer("seed") ?? Int.random(in: 1...1_000_000)
        let kills = try options.integer("kills") ?? 100
        say("seed \(seed), \(kills) kills; the same again: KillTest --seed \(seed) --kills \(kills)")
        var failures: [String] = []
        do {
            failures += try await KillPhase(seed: UInt64(clamping: seed), kills: kills).run()
            failures += try await FullDiskPhase(seed: UInt64(clamping: seed)).run()
        } catch {
            failures.append("\(error)")
        }
        for failure in failures { say("FAILED: \(failure)") }
        if failures.isEmpty { say("nothing was lost") }
        exit(failures.isEmpty ? 0 : 1)
    }
}

/// Arguments of the form `--name value`.
struct Options {
    private var values: [String: String] = [:]

    init(_ arguments: [String]) throws {
        var rest = arguments[...]
        while let name = rest.popFirst() {
            guard name.hasPrefix("--"), let value = rest.popFirst() else {
                throw TestSupportError("expected --name value, found \(name)")
            }
            values[String(name.dropFirst(2))] = value
        }
    }

    func text(_ name: String) throws -> String {
        guard let value = values[name] else { throw TestSupportError("--\(name) is missing") }
        return value
    }

    func integer(_ name: String) throws -> Int? {
        guard let text = values[name] else { return nil }
        guard let value = Int(text) else { throw TestSupportError("--\(name) is no number: \(text)") }
        return value
    }
}

/// Writes a line at once, even if the output is no terminal.
func say(_ line: String) {
    FileHandle.standardOutput.write(Data((line + "\n").utf8))
}
