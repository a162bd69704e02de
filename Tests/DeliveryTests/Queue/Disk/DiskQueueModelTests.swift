import ExportingModules
import Foundation
import TestSupport
import Testing

@testable import Delivery

/// Random calls and crashes, against a plain account of every sample.
@Suite struct DiskQueueModelTests {
    @Test(arguments: 0..<8) func nothingIsLostOrDoubled(seed: UInt64) async throws {
        var run = try Run(seed: seed)
        for _ in 0..<150 { try await run.step() }
        try await run.finish()
    }

    private struct Run {
        private enum Fate {
            case waiting, handedOut, delivered, rejected
        }

        private var random: SeededGenerator
        private let fixture: QueueFixture
        private let settings: QueueSettings
        private var queue: DiskQueue
        private var next = 0
        private var fates: [Int: Fate] = [:]
        private var out: [QueuedSamples] = []
        private var crashes = 0
        private var file: String

        init(seed: UInt64) throws {
            random = SeededGenerator(seed: seed)
            fixture = try QueueFixture()
            settings = QueueSettings(maximumBytes: seed % 3 == 0 ? 300_000 : 1 << 30)
            file = fixture.file
            queue = try fixture.open(settings)
        }

        mutating func step() async throws {
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<5: try await append()
            case 5..<10: try await handOut()
            case 10..<18: try await settle()
            case 18: try await crash()
            default: try await reopen()
            }
            let counts = queue.counts().samples
            #expect(counts.isBalanced)
            #expect(counts.added == next)
            #expect(counts.delivered == fates.values.count { $0 == .delivered })
            #expect(counts.rejected == fates.values.count { $0 == .rejected })
        }

        mutating func finish() async throws {
            for samples in out { try await queue.settle(samples, .accepted(count: samples.samples.count)) }
            for samples in out { for value in samples.values { fates[value] = .delivered } }
            for value in try await queue.drain(limit: 77) {
                #expect(fates[value] == .waiting)
                fates[value] = .delivered
            }
            let counts = queue.counts().samples
            #expect(counts.backlog == 0)
            #expect(counts.delivered == fates.values.count { $0 == .delivered })
            #expect(counts.dropped.overflow == fates.values.count { $0 == .waiting })
            #expect(counts.rejected == fixture.lines(of: fixture.deadLetters).count)
            #expect(fixture.events.isEmpty)
            await queue.close()
        }

        private mutating func append() async throws {
            let batches = (0..<Int.random(in: 1...3, using: &random)).map { _ in
                let count = Int.random(in: 0...400, using: &random)
                defer { next += count }
                return Make.batch(next..<next + count)
            }
            let report = try await queue.append(batches)
            #expect(report.takenCount == batches.count)
            for batch in batches { for sample in batch.samples { fates[Int(sample.value)] = .waiting } }
        }

        private mutating func handOut() async throws {
            guard let samples = try await queue.nextSamples(limit: Int.random(in: 1...300, using: &random)) else {
                return
            }
            #expect(samples.values == samples.values.sorted())
            for value in samples.values {
                #expect(fates[value] == .waiting)
                fates[value] = .handedOut
            }
            out.append(samples)
        }

        private mutating func settle() async throws {
            guard !out.isEmpty else { return }
            let samples = out.remove(at: Int.random(in: 0..<out.count, using: &random))
            let outcomes: [DeliveryOutcome] = [
                .accepted, .rejected(reason: "no"), .retry(after: nil, reason: "later"), .tooLarge(reason: "large"),
            ]
            let usual = outcomes[[0, 0, 0, 1, 2, 3].randomElement(using: &random) ?? 0]
            var exceptions: [Int: DeliveryOutcome] = [:]
            for index in samples.samples.indices where Int.random(in: 0..<4, using: &random) == 0 {
                exceptions[index] = outcomes.randomElement(using: &random)
            }
            let delivery = Delivery(count: samples.samples.count, usual, exceptions: exceptions)
            try await queue.settle(samples, delivery)
            for (index, value) in samples.values.enumerated() {
                switch delivery[index] {
                case .accepted: fates[value] = .delivered
                case .rejected: fates[value] = .rejected
                case .retry, .tooLarge: fates[value] = .waiting
                }
            }
        }

        /// The next queue finds what this one has left on the disk, without its closing.
        private mutating func crash() async throws {
            crashes += 1
            let copy = fixture.folder.path("crash-\(crashes).db")
            for suffix in ["", "-wal"] where FileManager.default.fileExists(atPath: file + suffix) {
                try FileManager.default.copyItem(atPath: file + suffix, toPath: copy + suffix)
            }
            await queue.close()
            file = copy
            try forgetHandedOut()
        }

        private mutating func reopen() async throws {
            await queue.close()
            try forgetHandedOut()
        }

        private mutating func forgetHandedOut() throws {
            let counts = queue.counts()
            queue = try fixture.open(settings, file: file)
            #expect(queue.counts() == counts)
            out = []
            for (value, fate) in fates where fate == .handedOut { fates[value] = .waiting }
        }
    }
}
