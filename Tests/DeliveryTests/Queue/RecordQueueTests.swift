import ExportingModules
import Foundation
import TestSupport
import Testing

@testable import Delivery

/// What every queue promises.
@Suite struct RecordQueueTests {
    private let fixture: QueueFixture

    init() throws {
        fixture = try QueueFixture()
    }

    @Test(arguments: QueueKind.allCases) func samplesComeInTheirOrder(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        let report = try await queue.append([Make.batch(0..<5_000), Make.batch(5_000..<5_010, time: 2_000)])
        #expect(report == AppendReport(takenCount: 2, added: 5_010, dropped: 0, isFull: false))
        #expect(queue.counts().samples.backlog == 5_010)
        #expect(queue.counts().samples.oldest == 1_000)
        let first = try #require(await queue.nextSamples(limit: 5_005))
        #expect(first.values == Array(0..<5_005))
        #expect(first.time == 2_000)
        #expect(first.samples[17] == Make.samples(17..<18)[0])
        let second = try #require(await queue.nextSamples(limit: 5_005))
        #expect(second.values == Array(5_005..<5_010))
        #expect(try await queue.nextSamples(limit: 1) == nil)
        try await queue.settle(second, .accepted(count: 5))
        try await queue.settle(first, .accepted(count: 5_005))
        let counts = queue.counts().samples
        #expect(counts.delivered == 5_010)
        #expect(counts.backlog == 0)
        #expect(counts.bytes == 0)
        #expect(counts.oldest == nil)
        #expect(counts.isBalanced)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func eachSampleHasItsOwnOutcome(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        _ = try await queue.append([Make.batch(0..<10)])
        let samples = try #require(await queue.nextSamples(limit: 8))
        let delivery = Delivery(
            count: 7,
            .accepted,
            exceptions: [
                1: .rejected(reason: "bad"), 2: .retry(after: nil, reason: "later"), 5: .tooLarge(reason: "large"),
            ]
        )
        try await queue.settle(samples, delivery)
        let counts = queue.counts().samples
        #expect(counts.delivered == 4)
        #expect(counts.rejected == 1)
        #expect(counts.backlog == 5)
        #expect(counts.isBalanced)
        // What the module has not answered for comes again, like what it has asked for.
        #expect(try await queue.drain() == [2, 5, 7, 8, 9])
        let lines = fixture.lines(of: fixture.deadLetters)
        #expect(lines.count == 1)
        #expect(lines[0].contains("\"number\":\"1\"") && lines[0].contains("\"reason\":\"bad\""))
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func aSecondAnswerChangesNothing(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        _ = try await queue.append([Make.batch(0..<4)])
        let samples = try #require(await queue.nextSamples(limit: 4))
        try await queue.settle(samples, Delivery(count: 4, .retry(after: nil, reason: "later")))
        try await queue.settle(samples, .accepted(count: 4))
        #expect(queue.counts().samples.backlog == 4)
        #expect(try await queue.drain(limit: 3) == [0, 1, 2, 3])
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func alertsComeOneByOneAndAreNeverDropped(kind: QueueKind) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumBytes: 10, maximumAge: .seconds(1)))
        try await queue.append(alerts: (0..<5).map { (time: Int64($0), alert: Make.alert($0)) })
        let first = try #require(await queue.nextAlert())
        let second = try #require(await queue.nextAlert())
        #expect([first.alert, second.alert] == [Make.alert(0), Make.alert(1)])
        #expect(second.time == 1)
        try await queue.settle(first, .retry(after: .seconds(1), reason: "later"))
        try await queue.settle(second, .rejected(reason: "never"))
        #expect(try await queue.expire(now: 1_000_000) == 0)
        var left: [Int] = []
        while let next = try await queue.nextAlert() {
            left.append(Int(next.alert.value))
            try await queue.settle(next, .accepted)
            try await queue.settle(next, .accepted)
        }
        #expect(left == [0, 2, 3, 4])
        let counts = queue.counts().alerts
        #expect(counts.added == 5)
        #expect(counts.delivered == 4)
        #expect(counts.rejected == 1)
        #expect(counts.backlog == 0)
        #expect(counts.bytes == 0)
        #expect(counts.isBalanced)
        #expect(fixture.lines(of: fixture.deadLetters).count == 1)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func theOldestMakeRoom(kind: QueueKind) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumBytes: 50_000))
        for number in 0..<100 {
            _ = try await queue.append([Make.batch(number * 100..<number * 100 + 100, time: Int64(number))])
            #expect(queue.counts().samples.bytes <= 50_000)
            #expect(queue.counts().samples.isBalanced)
        }
        let counts = queue.counts().samples
        #expect(counts.added == 10_000)
        #expect(counts.dropped.overflow > 1_000)
        #expect(counts.backlog + counts.dropped.overflow == 10_000)
        #expect(counts.oldest == Int64(counts.dropped.overflow / 100))
        #expect(try await queue.drain() == Array(counts.dropped.overflow..<10_000))
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func whatIsHandedOutDoesNotMakeRoom(kind: QueueKind) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumBytes: 50_000))
        _ = try await queue.append([Make.batch(0..<100), Make.batch(100..<200)])
        let first = try #require(await queue.nextSamples(limit: 50))
        for number in 2..<100 {
            _ = try await queue.append([Make.batch(number * 100..<number * 100 + 100)])
        }
        #expect(queue.counts().samples.dropped.overflow > 100)
        try await queue.settle(first, Delivery(count: 50, .retry(after: nil, reason: "later")))
        #expect(try await queue.nextSamples(limit: 100)?.values == Array(0..<100))
        #expect(queue.counts().samples.isBalanced)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func theNewestAreRefused(kind: QueueKind) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumBytes: 50_000, policy: .dropNewest))
        var kept: [Int] = []
        for number in 0..<50 {
            let values = number * 100..<number * 100 + 100
            let report = try await queue.append([Make.batch(values)])
            #expect(report.takenCount == 1)
            #expect(report.dropped == 0 || report.dropped == 100)
            if report.dropped == 0 { kept += values }
        }
        #expect(!kept.isEmpty && kept.count < 5_000)
        #expect(queue.counts().samples.dropped.overflow == 5_000 - kept.count)
        #expect(queue.counts().samples.isBalanced)
        #expect(try await queue.drain() == kept)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func aFullQueueThatBlocksTakesNothing(kind: QueueKind) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumBytes: 50_000, policy: .block))
        let batches = (0..<50).map { Make.batch($0 * 100..<$0 * 100 + 100) }
        let report = try await queue.append(batches)
        #expect(report.isFull)
        #expect(report.takenCount > 0 && report.takenCount < 50)
        #expect(report.added == report.takenCount * 100)
        #expect(report.dropped == 0)
        #expect(try await queue.append([batches[49]]).takenCount == 0)
        #expect(try await queue.drain() == Array(0..<report.added))
        #expect(queue.counts().samples.added == report.added)
        // The rest fits now.
        #expect(try await queue.append(Array(batches[report.takenCount...])).takenCount > 0)
        #expect(queue.counts().samples.isBalanced)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases, OverflowPolicy.allCases)
    func whatNeverFitsIsDroppedAndWedgesNothing(kind: QueueKind, policy: OverflowPolicy) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumBytes: 1_000, policy: policy))
        let report = try await queue.append([Make.batch(0..<500)])
        #expect(report == AppendReport(takenCount: 1, added: 500, dropped: 500, isFull: false))
        #expect(try await queue.append([Make.batch(500..<502)]).dropped == 0)
        #expect(queue.counts().samples.dropped.overflow == 500)
        #expect(try await queue.drain() == [500, 501])
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func oldSamplesExpireUnlessTheyAreHandedOut(kind: QueueKind) async throws {
        let queue = try kind.make(fixture, QueueSettings(maximumAge: .seconds(10)))
        for number in 0..<600 {
            _ = try await queue.append([Make.batch(number * 2..<number * 2 + 2, time: Int64(number) * 100)])
        }
        let out = try #require(await queue.nextSamples(limit: 3))
        #expect(try await queue.expire(now: 10_000) == 0)
        // Everything from before 40 s is too old; of that, two collections are handed out.
        #expect(try await queue.expire(now: 50_000) == 400 * 2 - 4)
        #expect(queue.counts().samples.dropped.expired == 796)
        #expect(queue.counts().samples.isBalanced)
        try await queue.settle(out, .accepted(count: 3))
        #expect(try await queue.drain() == [3] + Array(800..<1_200))
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func withoutAnAgeNothingExpires(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        _ = try await queue.append([Make.batch(0..<2, time: .min)])
        #expect(try await queue.expire(now: .max) == 0)
        #expect(queue.counts().samples.backlog == 2)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func nothingCanBeDoneAfterClosing(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        _ = try await queue.append([Make.batch(0..<2)])
        await queue.close()
        let error = await #expect(throws: QueueError.self) { try await queue.append([Make.batch(2..<3)]) }
        #expect(error?.code == .closed)
        await #expect(throws: QueueError.self) { try await queue.nextSamples(limit: 1) }
        #expect(queue.counts().samples.added == 2)
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func emptyThingsAreTaken(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        #expect(try await queue.append([]) == AppendReport())
        #expect(try await queue.append([SampleBatch(time: 1, samples: [])]) == AppendReport(takenCount: 1))
        try await queue.append(alerts: [])
        #expect(try await queue.nextSamples(limit: 10) == nil)
        #expect(try await queue.nextSamples(limit: 0) == nil)
        #expect(try await queue.nextAlert() == nil)
        #expect(queue.counts() == QueueCounts())
        await queue.close()
    }

    @Test(arguments: QueueKind.allCases) func manyTasksAtOnceLoseNothing(kind: QueueKind) async throws {
        let queue = try kind.make(fixture)
        let values = try await withThrowingTaskGroup(of: [Int].self) { group in
            for writer in 0..<8 {
                group.addTask {
                    for round in 0..<25 {
                        let start = (writer * 25 + round) * 20
                        _ = try await queue.append([Make.batch(start..<start + 20)])
                    }
                    return []
                }
            }
            for reader in 0..<3 {
                group.addTask {
                    var seen: [Int] = []
                    var isOdd = reader == 0
                    while queue.counts().samples.delivered < 4_000 {
                        guard let samples = try await queue.nextSamples(limit: 37) else {
                            await Task.yield()
                            continue
                        }
                        isOdd.toggle()
                        let again = isOdd ? [0: DeliveryOutcome.retry(after: nil, reason: "later")] : [:]
                        let delivery = Delivery(count: samples.samples.count, .accepted, exceptions: again)
                        seen += isOdd ? Array(samples.values.dropFirst()) : samples.values
                        try await queue.settle(samples, delivery)
                    }
                    return seen
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        #expect(values.sorted() == Array(0..<4_000))
        #expect(queue.counts().samples.isBalanced)
        await queue.close()
    }
}
