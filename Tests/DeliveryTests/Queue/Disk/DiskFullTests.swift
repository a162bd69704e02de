import ExportingModules
import Foundation
import TestSupport
import Testing

@testable import Delivery

/// On a small file system of its own, which only root can make.
@Suite(.serialized, .enabled(if: SmallDisk.isPossible, "a tmpfs can only be mounted by root"))
struct DiskFullTests {
    /// In the proportions of a queue on a large disk.
    private func tune(_ tuning: inout QueueTuning) {
        tuning.walPages = 16
        tuning.groupBytes = 64 * 1024
        tuning.reserveBytes = 256 * 1024
    }

    private func fill(_ queue: DiskQueue, from start: Int = 0) async throws -> Int {
        var next = start
        while true {
            do {
                _ = try await queue.append([Make.batch(next..<next + 200)])
                next += 200
            } catch {
                #expect(error.code == .full)
                return next
            }
        }
    }

    @Test func aFullDiskRefusesWithoutTakingHalf() async throws {
        let disk = try SmallDisk(kilobytes: 1_024)
        let fixture = try QueueFixture()
        let queue = try fixture.open(file: disk.path("queue.db")) { tune(&$0) }
        let taken = try await fill(queue)
        #expect(taken > 1_000)
        let counts = queue.counts().samples
        #expect(counts.added == taken)
        #expect(counts.isBalanced)
        await #expect(throws: QueueError.self) { try await queue.append([Make.batch(taken..<taken + 2_000)]) }
        #expect(queue.counts().samples == counts)
        #expect(fixture.events.count { if case .diskFull = $0 { true } else { false } } == 1)
        // What is there can be delivered, to the last sample.
        #expect(try await queue.drain(limit: 150) == Array(0..<taken))
        #expect(queue.counts().samples.isBalanced)
        // And then there is space again.
        for _ in 0..<20 { _ = try await queue.nextAlert() }
        _ = try await queue.append([Make.batch(taken..<taken + 100)])
        #expect(fixture.events.last == .diskHasSpace)
        #expect(try await queue.drain() == Array(taken..<taken + 100))
        await queue.close()
    }

    @Test func whatSomebodyElseHasFilledCanStillBeSettled() async throws {
        let disk = try SmallDisk(kilobytes: 2_048)
        let fixture = try QueueFixture()
        let queue = try fixture.open(file: disk.path("queue.db")) { tune(&$0) }
        for number in 0..<20 { _ = try await queue.append([Make.batch(number * 200..<number * 200 + 200)]) }
        disk.fill()
        var delivered: [Int] = []
        // Sparse answers need more space than whole ones.
        while let samples = try await queue.nextSamples(limit: 33) {
            let last = samples.samples.count - 1
            let again: [Int: DeliveryOutcome] = last > 5 ? [last: .retry(after: nil, reason: "later")] : [:]
            try await queue.settle(samples, Delivery(count: last + 1, .accepted, exceptions: again))
            delivered += last > 5 ? samples.values.dropLast() : samples.values
        }
        #expect(delivered.sorted() == Array(0..<4_000))
        #expect(queue.counts().samples.isBalanced)
        let error = await #expect(throws: QueueError.self) {
            for number in 0..<50 { _ = try await queue.append([Make.batch(number * 2_000..<number * 2_000 + 2_000)]) }
        }
        #expect(error?.code == .full)
        disk.empty()
        let before = queue.counts().samples.added
        _ = try await queue.append([Make.batch(0..<10)])
        #expect(queue.counts().samples.added == before + 10)
        #expect(fixture.events.last == .diskHasSpace)
        await queue.close()
    }

    @Test func aQueueOpensOnAFullDisk() async throws {
        let disk = try SmallDisk(kilobytes: 1_024)
        let fixture = try QueueFixture()
        let first = try fixture.open(file: disk.path("queue.db")) { tune(&$0) }
        for number in 0..<5 { _ = try await first.append([Make.batch(number * 200..<number * 200 + 200)]) }
        await first.close()
        disk.fill()
        let second = try fixture.open(file: disk.path("queue.db")) { tune(&$0) }
        #expect(try await second.drain(limit: 70) == Array(0..<1_000))
        #expect(second.counts().samples.isBalanced)
        await second.close()
    }

    @Test func aCallThatIsTooLargeForTheDiskIsRefusedBeforeItFillsIt() async throws {
        let disk = try SmallDisk(kilobytes: 1_024)
        let fixture = try QueueFixture()
        let queue = try fixture.open(file: disk.path("queue.db")) { tune(&$0) }
        let error = await #expect(throws: QueueError.self) {
            try await queue.append((0..<20).map { Make.batch($0 * 2_000..<$0 * 2_000 + 2_000) })
        }
        #expect(error?.code == .full)
        #expect(queue.counts() == QueueCounts())
        _ = try await queue.append([Make.batch(0..<2_000)])
        #expect(try await queue.drain() == Array(0..<2_000))
        await queue.close()
    }

    @Test func deadLettersOnAFullDiskAreWrittenWithTheReserve() async throws {
        let disk = try SmallDisk(kilobytes: 1_024)
        let fixture = try QueueFixture()
        let queue = try DiskQueue(
            file: disk.path("queue.db"),
            deadLetters: disk.path("queue.rejected.jsonl"),
            settings: QueueSettings(maximumBytes: 200_000),
            now: { 1 }
        )
        _ = try await queue.append([Make.batch(0..<200)])
        disk.fill()
        let samples = try #require(await queue.nextSamples(limit: 200))
        try await queue.settle(samples, Delivery(count: 200, .rejected(reason: "no")))
        #expect(queue.counts().samples.rejected == 200)
        #expect(fixture.lines(of: disk.path("queue.rejected.jsonl")).count == 200)
        await queue.close()
    }

    @Test func withoutAnySpaceSettlingFailsAndCanBeRepeated() async throws {
        let disk = try SmallDisk(kilobytes: 1_024)
        let fixture = try QueueFixture()
        let queue = try DiskQueue(
            file: fixture.file,
            deadLetters: disk.path("queue.rejected.jsonl"),
            settings: QueueSettings(),
            now: { 1 }
        )
        _ = try await queue.append([Make.batch(0..<200)])
        // The reserve is on the other file system.
        disk.fill()
        let samples = try #require(await queue.nextSamples(limit: 200))
        let delivery = Delivery(count: 200, .accepted, exceptions: [7: .rejected(reason: "no")])
        let error = await #expect(throws: QueueError.self) { try await queue.settle(samples, delivery) }
        #expect(error?.code == .full)
        #expect(queue.counts().samples.backlog == 200)
        disk.empty()
        try await queue.settle(samples, delivery)
        #expect(queue.counts().samples.delivered == 199)
        #expect(fixture.lines(of: disk.path("queue.rejected.jsonl")).count == 1)
        await queue.close()
    }
}

/// A file system in memory with little space.
private final class SmallDisk: Sendable {
    static let isPossible: Bool = (try? SmallDisk(kilobytes: 64)) != nil

    private let folder: TemporaryFolder

    init(kilobytes: Int) throws {
        folder = try TemporaryFolder()
        guard mount("none", folder.path, "tmpfs", 0, "size=\(kilobytes)k,mode=700") == 0 else {
            throw TestSupportError("cannot mount: \(String(cString: strerror(errno)))")
        }
    }

    deinit {
        umount2(folder.path, 2)  // MNT_DETACH
    }

    func path(_ name: String) -> String { folder.path(name) }

    /// Takes all the space that is left.
    func fill() {
        let descriptor = open(path("filler"), O_WRONLY | O_CREAT | O_APPEND, 0o600)
        let block = [UInt8](repeating: 1, count: 512)
        while Glibc.write(descriptor, block, block.count) > 0 {}
        close(descriptor)
    }

    /// Gives it back.
    func empty() {
        unlink(path("filler"))
    }
}
