import Foundation
import TestSupport

/// The program that is killed, with its files.
struct Child: Sendable {
    let state: String
    let journal: String
    let log: String
    let url: String
    /// The queues that it has: options of ``StreamProgram``.
    let queues: [String]

    /// Starts it; it gives what comes after all that was given before, or finishes.
    func start(isFinish: Bool = false) async throws -> ServerProcess {
        let first = FileManager.default.fileExists(atPath: journal) ? try Journal(journal).next : 1
        return try await ServerProcess.start(
            [
                CommandLine.arguments[0], "stream", "--state", state, "--journal", journal, "--url", url,
                "--first", "\(first)", "--finish", isFinish ? "1" : "0",
            ] + queues,
            log: log,
            ready: { true }
        )
    }

    /// Lets it deliver what is left and end in order.
    func finish() async throws {
        let process = try await start(isFinish: true)
        try await waitUntil("the program has ended", within: .seconds(150)) { process.status != nil }
        guard process.status == .exited(0) else {
            throw TestSupportError(
                "the last program ended so: \(String(describing: process.status))\n\(process.logTail)"
            )
        }
    }
}

/// Compares what was given with what has become of it.
struct Sums {
    var failures: [String] = []

    init(_ child: Child, _ receiver: Receiver, phase: String) throws {
        let journal = try Journal(child.journal)
        say(
            "\(phase): \(journal.opened) starts, \(journal.given.count) samples and \(journal.alertsGiven.count) alerts"
        )
        for counts in journal.counts { compare(counts, journal, child, receiver, phase) }
        if journal.counts.isEmpty { failures.append("\(phase): there are no counts") }
    }

    private mutating func compare(
        _ counts: Journal.Counts,
        _ journal: Journal,
        _ child: Child,
        _ receiver: Receiver,
        _ phase: String
    ) {
        let isAlerts = counts.kind == "alerts"
        let taken = receiver.taken(counts.module)
        let letters = Self.deadLetters(of: counts.module, in: child.state)
        let accepted = isAlerts ? taken.alerts : taken.samples
        let rejected = isAlerts ? letters.alerts : letters.samples
        let known = accepted.union(rejected)
        let given = isAlerts ? journal.alertsGiven : journal.given
        let had = isAlerts ? journal.alertsHad : journal.had
        say(
            "  \(counts.module) \(counts.kind): added \(counts.added) = delivered \(counts.delivered)"
                + " + rejected \(counts.rejected) + dropped \(counts.dropped) + left \(counts.backlog);"
                + " received \(accepted.count), dead letters \(rejected.count)"
                + (isAlerts ? "" : ", received once more \(taken.repeated)")
        )
        func require(_ holds: Bool, _ what: String) {
            if !holds { failures.append("\(phase), \(counts.module) \(counts.kind): \(what)") }
        }
        let settled = counts.delivered + counts.rejected + counts.dropped
        require(counts.added == settled && counts.backlog == 0, "the counts do not agree: \(counts.line)")
        require(counts.added >= had.count, "\(had.count) were in the queue, \(counts.added) were counted")
        require(counts.added <= given.count, "\(given.count) were given, \(counts.added) were counted")
        require(known.isSubset(of: given), "something was received that was not given")
        require(counts.delivered <= accepted.count, "\(accepted.count) were received, \(counts.delivered) were counted")
        require(counts.rejected <= rejected.count, "\(rejected.count) dead letters, \(counts.rejected) were counted")
        // What was neither received nor rejected must have been dropped, and counted.
        let missing = counts.added - known.count
        require(missing <= counts.dropped, "\(missing) are missing, \(counts.dropped) were dropped")
        require(
            had.subtracting(known).count <= counts.dropped,
            "\(had.subtracting(known).sorted().prefix(20)) are lost"
        )
        if isAlerts || counts.module == "block" {
            require(counts.dropped == 0, "\(counts.dropped) were dropped")
            require(missing == 0, "received and rejected are \(known.count), added were \(counts.added)")
        }
    }

    private static func deadLetters(of module: String, in state: String) -> (samples: Set<Int>, alerts: Set<Int>) {
        var (samples, alerts): (Set<Int>, Set<Int>) = ([], [])
        for name in ["\(module).rejected.jsonl", "\(module).rejected.jsonl.1"] {
            guard let text = try? String(contentsOfFile: "\(state)/\(name)", encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") {
                let line = String(line)
                let found = Receiver.numbers(in: line, after: "\"id\":\"alert-")
                alerts.formUnion(found)
                if found.isEmpty { samples.formUnion(Receiver.numbers(in: line, after: "\"value\":")) }
            }
        }
        return (samples, alerts)
    }
}
