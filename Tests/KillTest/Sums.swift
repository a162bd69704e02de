import Foundation
import TestSupport

/// Compares what was given with what has become of it.
struct Sums {
    private(set) var failures: [String] = []
    private let phase: String
    private let child: Child
    private let couldSave: Bool

    /// - Parameters:
    ///   - counts: What the agent said last.
    ///   - couldSave: Whether there was always room on the disk for alerts. Others are told of an alert also if not.
    init(
        _ counts: [ModuleCounts],
        _ child: Child,
        _ receiver: Receiver,
        phase: String,
        couldSave: Bool = true
    ) throws {
        self.phase = phase
        self.child = child
        self.couldSave = couldSave
        let journal = try Journal(child.journal)
        let alerts = try child.alerts()
        say("\(phase): \(journal.given.count) samples and \(alerts.count) alerts were found")
        if counts.isEmpty { failures.append("\(phase): there are no counts") }
        if alerts.isEmpty { failures.append("\(phase): no alert was found") }
        for counts in counts {
            let taken = receiver.taken(counts.module)
            let letters = try DeadLetters(of: counts.module, in: child.state + "/queues")
            if counts.isAlerts {
                compare(counts, alerts, taken, letters)
            } else {
                compare(counts, journal, taken, letters)
            }
        }
    }

    private mutating func require(_ holds: Bool, _ counts: ModuleCounts, _ what: String) {
        if !holds { failures.append("\(phase), \(counts.name): \(what)") }
    }

    private mutating func compareCounts(_ counts: ModuleCounts, received: Int, letters: Int, _ more: String) {
        say(
            "  \(counts.name): added \(counts.added) = delivered \(counts.delivered) + rejected \(counts.rejected)"
                + " + dropped \(counts.dropped) + left \(counts.backlog);"
                + " received \(received), dead letters \(letters)\(more)"
        )
        let settled = counts.delivered + counts.rejected + counts.dropped
        require(counts.added == settled && counts.backlog == 0, counts, "the counts do not agree")
        require(counts.delivered <= received, counts, "less was received than counted as delivered")
        require(counts.rejected <= letters, counts, "there are fewer dead letters than counted as rejected")
    }

    private mutating func compare(
        _ counts: ModuleCounts,
        _ journal: Journal,
        _ taken: Receiver.Taken,
        _ letters: DeadLetters
    ) {
        let known = taken.samples.union(letters.samples)
        compareCounts(
            counts,
            received: taken.samples.count,
            letters: letters.samples.count,
            ", received once more \(taken.repeated)"
        )
        require(known.isSubset(of: journal.given), counts, "something was received that was not given")
        require(counts.added <= journal.given.count, counts, "more was counted than the \(journal.given.count) given")
        // What was neither received nor rejected must have been dropped, and counted.
        let missing = counts.added - known.count
        require(missing <= counts.dropped, counts, "\(missing) are missing")
        guard child.queues[counts.module]?.policy == "block" else { return }
        require(counts.dropped == 0 && missing == 0, counts, "\(counts.dropped) were dropped, \(missing) are missing")
        require(counts.added >= journal.had.count, counts, "\(journal.had.count) were in the queue")
        let lost = journal.had.subtracting(known).sorted()
        require(lost.isEmpty, counts, "\(lost.prefix(20)) are lost")
    }

    private mutating func compare(
        _ counts: ModuleCounts,
        _ alerts: Set<Child.News>,
        _ taken: Receiver.Taken,
        _ letters: DeadLetters
    ) {
        compareCounts(counts, received: taken.alertCount, letters: letters.alertCount, "")
        require(counts.dropped == 0, counts, "\(counts.dropped) were dropped")
        let lost = alerts.subtracting(taken.alerts).subtracting(letters.alerts)
        require(lost.isEmpty, counts, "\(lost) are lost")
        guard couldSave else { return }
        let ids = Set(alerts.map(\.id))
        let unknown = taken.alerts.union(letters.alerts).filter { !ids.contains($0.id) }
        require(unknown.isEmpty, counts, "\(unknown) were told of, but are not known")
    }
}

/// What a module's files of refused records hold.
private struct DeadLetters {
    private(set) var samples: Set<Int> = []
    private(set) var alerts: Set<Child.News> = []
    private(set) var alertCount = 0

    init(of module: String, in folder: String) throws {
        for name in ["\(module).rejected.jsonl", "\(module).rejected.jsonl.1"] {
            guard let text = try? String(contentsOfFile: "\(folder)/\(name)", encoding: .utf8) else { continue }
            for line in text.split(separator: "\n") {
                let news = Receiver.alerts(in: String(line))
                alerts.formUnion(news)
                alertCount += news.count
                if news.isEmpty { samples.formUnion(Receiver.samples(in: String(line))) }
            }
        }
    }
}
