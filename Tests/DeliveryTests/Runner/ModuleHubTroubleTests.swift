import ExportingModules
import Synchronization
import TestSupport
import Testing

@testable import Delivery

/// What goes wrong with one module is no matter to the others.
@Suite(.timeLimit(.minutes(5)))
struct ModuleHubTroubleTests {
    private struct Thrown: Error {}

    @Test func oneOfEachKindOfTroubleAtOnceDelaysNoOther() async throws {
        let gate = Gate()
        let well = [PlayedModule(), PlayedModule(batchSize: 7)]
        let troubled: [(String, PlayedModule)] = [
            ("start-hangs", PlayedModule { $0.start = { await gate.wait() } }),
            ("start-throws", PlayedModule { $0.start = { throw Thrown() } }),
            ("write-throws", PlayedModule { $0.write = { _ in throw Thrown() } }),
            (
                "write-hangs",
                PlayedModule {
                    $0.write = { samples in
                        await gate.wait()
                        return .accepted(count: samples.count)
                    }
                }
            ),
            (
                "retries",
                PlayedModule { $0.write = { Delivery(count: $0.count, .retry(after: .seconds(9), reason: "429")) } }
            ),
            ("rejects", PlayedModule { $0.write = { Delivery(count: $0.count, .rejected(reason: "400")) } }),
            ("too-large", PlayedModule { $0.write = { Delivery(count: $0.count, .tooLarge(reason: "413")) } }),
            ("lies", PlayedModule { $0.write = { Delivery(count: $0.count + 1, .accepted) } }),
            (
                "warn-hangs",
                PlayedModule {
                    $0.warn = { _ in
                        await gate.wait()
                        return .accepted
                    }
                }
            ),
            ("queue-hangs", PlayedModule()),
            ("queue-is-full", PlayedModule()),
            ("queue-cannot-be-read", PlayedModule()),
        ]
        let fixture = try HubFixture { folder in
            var entries = troubled.map { name, module in
                let queue = PlayedQueue(folder)
                queue.set { trouble in
                    switch name {
                    case "queue-hangs": trouble.gate = gate
                    case "queue-is-full": trouble.append = QueueError(.full, "the disk is full")
                    case "queue-cannot-be-read": trouble.next = QueueError(.disk, "the disk is gone")
                    default: break
                    }
                }
                return ModuleEntry(name: name, module: module, queue: queue)
            }
            // One before and one behind all the others.
            entries.insert(ModuleEntry(name: "first", module: well[0], queue: PlayedQueue(folder)), at: 0)
            entries.append(ModuleEntry(name: "last", module: well[1], queue: PlayedQueue(folder)))
            return entries
        }
        let expected = (0..<200).map(Double.init)
        try await fixture.run(endStepsUpTo: .seconds(5)) {
            for start in stride(from: 0, to: 200, by: 10) {
                await fixture.take(Array(expected[start..<start + 10]))
                fixture.hub.take(alerts: [HubFixture.alert("\(start)")], time: 1)
            }
            // The clock stands still: nothing that takes any time is in the way of the others.
            try await until { well.allSatisfy { $0.values.count == 200 && $0.log.alerts.count == 20 } }
            #expect(fixture.clock.now.offset == .zero)
            for module in well {
                #expect(module.values == expected)
                #expect(module.log.alerts.map(\.id) == stride(from: 0, to: 200, by: 10).map(String.init))
            }
            for name in ["first", "last"] { #expect(fixture.status(name)?.state == .running) }
            try await until { fixture.status("rejects")?.samples.counts.rejected == 200 }
            try await until { fixture.status("too-large")?.samples.counts.rejected == 200 }
            for name in ["start-throws", "write-throws", "retries", "lies", "queue-cannot-be-read"] {
                try await until { fixture.status(name)?.state == .backingOff }
            }
            // Hung calls are given up, one after the other, and nothing else is called.
            try await fixture.clock.sleepers(atLeast: 1)
            fixture.clock.advance(by: .seconds(61))
            for name in ["start-hangs", "write-hangs", "warn-hangs"] {
                try await until { fixture.status(name)?.state == .hung }
            }
            for (_, module) in troubled { #expect(module.log.mostOut <= 1) }
            gate.open()
            try await until { fixture.status("start-hangs")?.samples.counts.delivered == 200 }
            try await until { fixture.status("write-hangs")?.samples.counts.delivered == 200 }
            try await until { fixture.status("queue-hangs")?.samples.counts.delivered == 200 }
        }
        for status in fixture.hub.status() {
            #expect(status.samples.counts.isBalanced && status.alerts.counts.isBalanced, "\(status.name)")
            #expect(status.samples.counts.added + status.samples.refused.total == 200, "\(status.name)")
        }
    }

    @Test func callThatComesBackLateIsCountedOnce() async throws {
        let gate = Gate()
        let module = PlayedModule {
            $0.write = { samples in
                await gate.wait()
                return .accepted(count: samples.count)
            }
        }
        let fixture = try HubFixture { [ModuleEntry(name: "late", module: module, queue: PlayedQueue($0))] }
        try await fixture.run {
            await fixture.take([1, 2, 3])
            try await until { module.log.writes == 1 }
            try await fixture.clock.sleepers(atLeast: 1)
            fixture.clock.advance(by: .seconds(60))
            try await until { fixture.status("late")?.state == .hung }
            gate.open()
            try await until { fixture.status("late")?.samples.counts.delivered == 3 }
        }
        #expect(module.log.writes == 1 && module.values == [1, 2, 3])
        #expect(fixture.lines.filter { $0.contains("does not come back") }.count == 1)
    }

    @Test func hungModuleDoesNotKeepTheProgramFromEnding() async throws {
        let gate = Gate()
        let module = PlayedModule {
            $0.write = { samples in
                await gate.wait()
                return .accepted(count: samples.count)
            }
        }
        let queues = Shared<[PlayedQueue]>([])
        let fixture = try HubFixture { folder in
            let queue = PlayedQueue(folder)
            queues.withLock { $0 = [queue] }
            return [ModuleEntry(name: "hung", module: module, queue: queue)]
        }
        try await fixture.run(endStepsUpTo: .seconds(5)) {
            await fixture.take([1])
            try await until { module.log.writes == 1 }
        }
        #expect(module.log.closes == 0, "a close would be a second call beside the one that is out")
        #expect(queues.withLock { $0.first?.isClosed } == true)
        #expect(fixture.lines.contains { $0.contains("is not closed") })
        gate.open()
    }

    @Test func diskThatDoesNotAnswerDoesNotKeepTheProgramFromEnding() async throws {
        let gate = Gate()
        let (well, module) = (PlayedModule(), PlayedModule())
        let fixture = try HubFixture { folder in
            let queue = PlayedQueue(folder)
            queue.set { $0.gate = gate }
            return [
                ModuleEntry(name: "hung", module: module, queue: queue),
                ModuleEntry(name: "well", module: well, queue: PlayedQueue(folder)),
            ]
        }
        try await fixture.run(endStepsUpTo: .seconds(12)) {
            await fixture.take([1])
            try await until { well.values == [1] }
            fixture.hub.stop()
            try await until { well.log.closes == 1 }
        }
        #expect(module.values.isEmpty)
        #expect(fixture.lines.contains { $0.contains("left behind") })
        gate.open()
    }

    @Test func thousandFailuresAreOneLine() async throws {
        let isDown = Shared(true)
        let module = PlayedModule {
            $0.write = { samples in
                if isDown.withLock({ $0 }) { throw Thrown() }
                return .accepted(count: samples.count)
            }
        }
        let fixture = try HubFixture { [ModuleEntry(name: "down", module: module, queue: PlayedQueue($0))] }
        try await fixture.run {
            await fixture.take([1])
            for attempt in 1...30 {
                try await until {
                    fixture.status("down").map { $0.failures == attempt && $0.state == .backingOff } == true
                }
                if attempt == 30 { isDown.withLock { $0 = false } }
                // Nothing is out, so that one step is enough: the longest wait is 72 s.
                fixture.clock.advance(by: .seconds(73))
            }
            try await until { fixture.status("down")?.samples.counts.delivered == 1 }
        }
        #expect(fixture.lines.filter { $0.contains("fails and is tried again") }.count == 1)
        #expect(fixture.lines.filter { $0.contains("works again") }.count == 1)
        #expect(fixture.lines.contains { $0.contains("tried again: Thrown()") })
        #expect(fixture.status("down")?.lastError != nil)
        #expect(fixture.status("down")?.samples.retried ?? 0 >= 30)
    }

    @Test func whatASlowDiskCannotTakeIsDroppedAndCountedExactly() async throws {
        let gate = Gate()
        let module = PlayedModule()
        let fixture = try HubFixture { folder in
            let queue = PlayedQueue(folder)
            queue.set { $0.gate = gate }
            return [ModuleEntry(name: "slow", module: module, queue: queue, settings: RunnerSettings(intakeLimit: 25))]
        }
        try await fixture.run {
            for start in stride(from: 0.0, to: 100, by: 10) {
                await fixture.take((0..<10).map { start + Double($0) })
            }
            #expect(fixture.status("slow")?.samples.refused == RefusedCounts(overflow: 80))
            #expect(fixture.status("slow")?.samples.waiting == 20)
            #expect(fixture.status("slow")?.samples.counts.added == 0, "nothing counts before it is in the queue")
            gate.open()
            try await until { module.values.count == 20 }
        }
        #expect(module.values == (0..<20).map(Double.init))
        #expect(fixture.status("slow")?.samples.counts.added == 20)
    }

    @Test func fullDiskIsWaitedForAndLoggedOnce() async throws {
        let module = PlayedModule()
        let queues = Shared<[PlayedQueue]>([])
        let fixture = try HubFixture { folder in
            let queue = PlayedQueue(folder)
            queue.set { $0.append = QueueError(.full, "the disk is full") }
            queues.withLock { $0 = [queue] }
            return [ModuleEntry(name: "full", module: module, queue: queue)]
        }
        let queue = try #require(queues.withLock { $0.first })
        try await fixture.run {
            await fixture.take([1, 2])
            fixture.hub.take(alerts: [HubFixture.alert("a")], time: 1)
            try await fixture.clock.advance(stepsUpTo: .seconds(1)) { queue.appends >= 10 }
            #expect(module.values.isEmpty)
            queue.set { $0.append = nil }
            try await fixture.clock.advance(stepsUpTo: .seconds(1)) {
                module.values.count == 2 && !module.log.alerts.isEmpty
            }
        }
        #expect(fixture.lines.filter { $0.contains("cannot be put into") }.count == 1)
        #expect(fixture.lines.filter { $0.contains("can be put into") }.count == 1)
        #expect(fixture.status("full")?.lastError == "the disk is full")
    }

    @Test func acceptedRecordsAreNotSentTwiceWhenTheQueueCannotBeTold() async throws {
        let module = PlayedModule()
        let queues = Shared<[PlayedQueue]>([])
        let fixture = try HubFixture { folder in
            let queue = PlayedQueue(folder)
            queue.set { $0.settle = QueueError(.full, "the disk is full") }
            queues.withLock { $0 = [queue] }
            return [ModuleEntry(name: "full", module: module, queue: queue)]
        }
        let queue = try #require(queues.withLock { $0.first })
        try await fixture.run {
            await fixture.take([1, 2])
            try await until { fixture.status("full")?.failures ?? 0 > 0 }
            try await fixture.clock.advance(stepsUpTo: .seconds(10)) { queue.settles >= 20 }
            queue.set { $0.settle = nil }
            try await fixture.clock.advance(stepsUpTo: .seconds(10)) {
                fixture.status("full")?.samples.counts.delivered == 2
            }
        }
        #expect(module.values == [1, 2])
    }
}

/// A value that tasks share.
final class Shared<Value: Sendable>: Sendable {
    private let value: Mutex<Value>

    init(_ value: Value) {
        self.value = Mutex(value)
    }

    func withLock<Result: Sendable>(_ body: (inout Value) -> Result) -> Result {
        value.withLock { value in body(&value) }
    }
}
