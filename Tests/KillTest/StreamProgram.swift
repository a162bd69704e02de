import Delivery
import ExporterKit
import ExportingModules
import Exposition
import Foundation
import Logging
import TestSupport
import Transport

/// The program that is killed: gives numbered samples and alerts to a hub, and writes to a journal what it is about to
/// give and what is in the queues.
struct StreamProgram {
    private let state: String
    private let journal: Journal.Writer
    private let first: Int
    private let isFinish: Bool
    private let modules: [(name: String, policy: OverflowPolicy, bytes: Int)]
    private let url: String

    /// Options: `state` (a folder), `journal` (a file), `url`, `first` (the first number), `finish` (1 to give nothing and
    /// to end when everything is delivered), `block` and `drop` (the bytes that the queue of that policy may have; none
    /// for no such module).
    init(_ options: Options) throws {
        state = try options.text("state")
        journal = try Journal.Writer(options.text("journal"))
        url = try options.text("url")
        first = try options.integer("first") ?? 1
        isFinish = try options.integer("finish") == 1
        var modules: [(String, OverflowPolicy, Int)] = []
        if let bytes = try options.integer("block") { modules.append(("block", .block, bytes)) }
        if let bytes = try options.integer("drop") { modules.append(("drop", .dropOldest, bytes)) }
        self.modules = modules
    }

    func run() async throws {
        let network = try NetworkServices()
        try network.start()
        var entries: [ModuleEntry] = []
        for module in modules {
            entries.append(try await entry(module.name, module.policy, module.bytes, network))
        }
        let hub = ModuleHub(series: "kill-test", entries: entries, logger: Logger(label: "stream"))
        journal.write("open")
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await hub.run() }
            if isFinish {
                try await finish(hub)
            } else {
                try await give(to: hub)
            }
        }
        for status in hub.status() {
            for (kind, records) in [("samples", status.samples), ("alerts", status.alerts)] {
                journal.write(Journal.Counts(module: status.name, kind: kind, records).line)
            }
        }
    }

    private func entry(
        _ name: String,
        _ policy: OverflowPolicy,
        _ bytes: Int,
        _ network: NetworkServices
    ) async throws -> ModuleEntry {
        let module = try ModuleCatalogue.standard.make(
            "webhook",
            settings: [
                "webhook.url": .text("\(url)/\(name)"),
                "webhook.timeout": .duration(.milliseconds(400)),
                "webhook.batch_size": .integer(50),
            ],
            context: ModuleContext(name: name, agent: "kill-test", network: network)
        )
        let settings = QueueSettings(maximumBytes: bytes, policy: policy)
        return ModuleEntry(
            name: name,
            module: module,
            queue: try await queue(name, settings),
            settings: RunnerSettings(
                callTimeout: .seconds(5),
                closeTimeout: .seconds(1),
                initialBackoff: .milliseconds(10),
                maximumBackoff: .milliseconds(200),
                maximumRetryAfter: .milliseconds(200),
                holdsBack: policy == .block
            )
        )
    }

    /// Opens a queue; waits if the disk is full.
    private func queue(_ name: String, _ settings: QueueSettings) async throws -> DiskQueue {
        while true {
            do {
                return try await DiskQueue.open(
                    file: "\(state)/\(name).db",
                    deadLetters: "\(state)/\(name).rejected.jsonl",
                    settings: settings,
                    now: { Int64(Date.now.timeIntervalSince1970 * 1000) },
                    onEvent: { say("queue \(name): \($0)") }
                )
            } catch {
                guard error.code == .full || error.code == .inUse else { throw error }
                say("queue \(name) cannot be opened yet: \(error)")
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }

    /// Gives samples until the process is killed.
    private func give(to hub: ModuleHub) async throws {
        var number = first
        while true {
            let count = Int.random(in: 1...100)
            let numbers = number..<number + count
            number += count
            let isAlert = Int.random(in: 0..<4) == 0
            journal.write("give \(numbers.lowerBound) \(numbers.upperBound - 1)\(isAlert ? " alert" : "")")
            if isAlert { hub.take(alerts: [Self.alert(numbers.lowerBound)], time: 1) }
            await hub.take(Self.collection(numbers))
            await hub.flush()
            journal.write("have \(numbers.lowerBound) \(numbers.upperBound - 1)\(isAlert ? " alert" : "")")
            try await Task.sleep(for: .milliseconds(Int.random(in: 0...30)))
        }
    }

    /// Waits until nothing is left, then ends in order.
    private func finish(_ hub: ModuleHub) async throws {
        try await waitUntil("everything is delivered", within: .seconds(120)) {
            hub.status().allSatisfy { $0.samples.counts.backlog == 0 && $0.alerts.counts.backlog == 0 }
        }
        hub.stop()
    }

    private static func collection(_ numbers: Range<Int>) -> CollectedSamples {
        let family = SampleFamily(name: "number", kind: .gauge, help: "What is counted.")
        return CollectedSamples(
            id: ExporterID(key: "stream"),
            collector: "main",
            service: "stream",
            time: Int64(Date.now.timeIntervalSince1970 * 1000),
            samples: numbers.map { number in
                Sample(
                    name: "number",
                    service: "stream",
                    labels: ["n": "\(number)", "text": "line\nand \"quote\" \(number % 7)"],
                    family: family,
                    value: Double(number),
                    timestamp: 1_700_000_000_000 + Int64(number)
                )
            }
        )
    }

    private static func alert(_ number: Int) -> Alert {
        Alert(
            id: "alert-\(number)",
            state: .firing,
            status: .up,
            stat: "number",
            service: "stream",
            value: Double(number),
            probability: 1e-5,
            start: 1
        )
    }
}
