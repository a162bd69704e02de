import ExportingModules
import Foundation
import GRDB
import TestSupport
import Testing

@testable import Delivery

@Suite struct DiskQueueTests {
    private let fixture: QueueFixture

    init() throws {
        fixture = try QueueFixture()
    }

    @Test func everythingIsThereAfterAnOrderlyEnd() async throws {
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<3_000)])
        try await queue.append(alerts: [(time: 1, alert: Make.alert(1)), (time: 2, alert: Make.alert(2))])
        let samples = try #require(await queue.nextSamples(limit: 10))
        let delivery = Delivery(
            count: 10,
            .accepted,
            exceptions: [4: .rejected(reason: "no"), 6: .retry(after: nil, reason: "later")]
        )
        try await queue.settle(samples, delivery)
        try await queue.settle(try #require(await queue.nextAlert()), .accepted)
        let counts = queue.counts()
        await queue.close()

        let again = try fixture.open()
        #expect(again.counts() == counts)
        #expect(try await again.nextAlert()?.alert == Make.alert(2))
        #expect(try await again.drain() == [6] + Array(10..<3_000))
        #expect(fixture.events.isEmpty)
        await again.close()
    }

    @Test func whatWasReturnedFromIsThereAfterACrash() async throws {
        let queue = try fixture.open()
        for round in 0..<20 {
            _ = try await queue.append([Make.batch(round * 100..<round * 100 + 100)])
            let samples = try #require(await queue.nextSamples(limit: 70))
            if round % 3 == 0 { try await queue.settle(samples, .accepted(count: samples.samples.count)) }
            let copy = try fixture.crashCopy("copy-\(round).db")
            let other = try fixture.open(file: copy)
            #expect(other.counts() == queue.counts())
            let left = other.counts().samples.backlog
            #expect(try await other.drain().count == left)
            await other.close()
        }
        await queue.close()
        #expect(fixture.events.isEmpty)
    }

    @Test func callsThatWaitShareATransaction() async throws {
        let queue = try fixture.open()
        let before = await queue.transactions
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<400 {
                group.addTask { _ = try await queue.append([Make.batch(number * 5..<number * 5 + 5)]) }
            }
            try await group.waitForAll()
        }
        let transactions = await queue.transactions - before
        #expect(transactions < 200)
        #expect(queue.counts().samples.added == 2_000)
        #expect(try await queue.drain().sorted() == Array(0..<2_000))
        await queue.close()
    }

    @Test func aCancelledTaskStillSettles() async throws {
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<10)])
        let samples = try #require(await queue.nextSamples(limit: 10))
        try await Task {
            withUnsafeCurrentTask { $0?.cancel() }
            try await queue.settle(samples, .accepted(count: 10))
        }.value
        #expect(queue.counts().samples.delivered == 10)
        await queue.close()
    }

    @Test func onlyTheOwnerMayReadTheFiles() async throws {
        try fixture.folder.write("", to: "queue.db", mode: 0o644)
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<10)])
        let samples = try #require(await queue.nextSamples(limit: 1))
        try await queue.settle(samples, Delivery(count: 1, .rejected(reason: "no")))
        #expect(fixture.names == ["queue.db", "queue.db-wal", "queue.db.reserve", "queue.rejected.jsonl"])
        for name in fixture.names {
            var status = stat()
            #expect(stat(fixture.folder.path(name), &status) == 0)
            #expect(status.st_mode & 0o777 == 0o600, "\(name)")
        }
        await queue.close()
    }

    @Test func aFileIsUsedByOneQueueOnly() async throws {
        let queue = try fixture.open()
        let error = #expect(throws: QueueError.self) { try fixture.open() }
        #expect(error?.code == .inUse)
        #expect(error?.message.contains(fixture.file) == true)
        await queue.close()
        let again = try await DiskQueue.open(
            file: fixture.file,
            deadLetters: fixture.deadLetters,
            now: { 0 }
        )
        await again.close()
    }

    @Test func aFolderThatIsMissingIsAnError() {
        let error = #expect(throws: QueueError.self) { try fixture.open(file: fixture.folder.path("none/queue.db")) }
        #expect(error?.code == .disk)
    }

    @Test func theFileIsBoundedAndShrinks() async throws {
        let maximum = 500_000
        let queue = try fixture.open(QueueSettings(maximumBytes: maximum)) { $0.freePages = 16 }
        var largest = 0
        for number in 0..<200 {
            _ = try await queue.append([Make.batch(number * 500..<number * 500 + 500)])
            largest = max(largest, fixture.bytes(of: fixture.file).count)
            #expect(fixture.bytes(of: fixture.file + "-wal").count < 1_500_000)
        }
        #expect(queue.counts().samples.bytes > maximum * 9 / 10)
        #expect(largest < maximum * 4 / 3)
        _ = try await queue.drain()
        try await waitUntil("the file is small", within: .seconds(180)) {
            _ = try await queue.nextAlert()
            return fixture.bytes(of: fixture.file).count < maximum / 4
        }
        await queue.close()
        #expect(fixture.bytes(of: fixture.file).count < maximum / 4)
        #expect(fixture.names == ["queue.db", "queue.db.reserve"])
    }

    @Test func theBytesAreThoseOfTheFile() async throws {
        for count in [40, 130, 500, 2_000] {
            let file = fixture.folder.path("size-\(count).db")
            let queue = try fixture.open(file: file)
            let batches = (0..<20_000 / count).map { Make.batch($0 * count..<$0 * count + count) }
            _ = try await queue.append(batches)
            let bytes = queue.counts().samples.bytes
            await queue.close()
            let size = fixture.bytes(of: file).count - 6 * 4096
            #expect(Double(size) < Double(bytes) * 1.35 + 10_000, "\(count) samples: \(bytes) said, \(size) found")
            #expect(Double(size) > Double(bytes) * 0.5, "\(count) samples: \(bytes) said, \(size) found")
        }
    }

    @Test func deadLettersOfAFailedTransactionAreTakenBack() async throws {
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<10)])
        let samples = try #require(await queue.nextSamples(limit: 4))
        try fixture.folder.makeFolder("queue.rejected.jsonl")
        let error = await #expect(throws: QueueError.self) {
            try await queue.settle(samples, Delivery(count: 4, .accepted, exceptions: [1: .rejected(reason: "no")]))
        }
        #expect(error?.code == .disk)
        #expect(queue.counts().samples.delivered == 0)
        #expect(queue.counts().samples.backlog == 10)
        // The same call works when the reason is gone.
        try FileManager.default.removeItem(atPath: fixture.deadLetters)
        try await queue.settle(samples, Delivery(count: 4, .accepted, exceptions: [1: .rejected(reason: "no")]))
        #expect(queue.counts().samples.delivered == 3)
        #expect(fixture.lines(of: fixture.deadLetters).count == 1)
        #expect(try await queue.drain() == Array(4..<10))
        await queue.close()
    }

    @Test func aCallThatFailsTakesNoOtherWithIt() async throws {
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<10)])
        let samples = try #require(await queue.nextSamples(limit: 4))
        try fixture.folder.makeFolder("queue.rejected.jsonl")
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 1...60 {
                group.addTask { _ = try await queue.append([Make.batch(number * 10..<number * 10 + 10)]) }
            }
            for _ in 0..<5 {
                group.addTask {
                    await #expect(throws: QueueError.self) {
                        try await queue.settle(samples, Delivery(count: 4, .rejected(reason: "no")))
                    }
                }
            }
            try await group.waitForAll()
        }
        let counts = queue.counts().samples
        #expect(counts.added == 610)
        #expect(counts.backlog == 610)
        #expect(counts.isBalanced)
        #expect(try await queue.nextSamples(limit: 1)?.values == [4])
        await queue.close()
    }

    @Test func aReserveThatCannotBeMadeIsDoneWithout() async throws {
        try fixture.folder.makeFolder("queue.db.reserve")
        let queue = try fixture.open()
        _ = try await queue.append([Make.batch(0..<10)])
        #expect(try await queue.drain() == Array(0..<10))
        #expect(fixture.events.isEmpty)
        await queue.close()
    }

    @Test func deadLettersThatAreGoneAreCounted() async throws {
        let queue = try fixture.open { $0.deadLetterBytes = 2_000 }
        _ = try await queue.append([Make.batch(0..<60)])
        while let samples = try await queue.nextSamples(limit: 5) {
            try await queue.settle(samples, Delivery(count: 5, .rejected(reason: "no")))
        }
        let discarded = queue.counts().discardedDeadLetters
        let kept = fixture.lines(of: fixture.deadLetters).count + fixture.lines(of: fixture.deadLetters + ".1").count
        #expect(queue.counts().samples.rejected == 60)
        #expect(discarded > 0)
        #expect(kept + discarded == 60)
        await queue.close()
        let again = try fixture.open()
        #expect(again.counts().discardedDeadLetters == discarded)
        await again.close()
    }

    @Test func theTimeOfAnAgeCannotOverflow() {
        #expect(Int64(5_000).subtracting(.seconds(2)) == 3_000)
        #expect(Int64(5_000).subtracting(.milliseconds(1)) == 4_999)
        #expect(Int64.min.subtracting(.seconds(1)) == Int64.min)
        #expect(Int64(0).subtracting(.seconds(Int64.max)) == -Int64.max)
    }
}
