import ExportingModules
import TestSupport
import Testing

@testable import Delivery

struct IntakeStateTests {
    private static func batch(_ count: Int) -> SampleBatch {
        let sample = Sample(name: "x", value: 1, timestamp: 0)
        return SampleBatch(time: 0, samples: Array(repeating: sample, count: count))
    }

    private static let alert = Alert(
        id: "a",
        state: .firing,
        status: .up,
        stat: "x",
        value: 1,
        probability: 0,
        start: 0
    )

    @Test func collectionsBeyondTheBoundAreRefusedAndCounted() {
        var intake = IntakeState(limit: 10)
        #expect(intake.add(Self.batch(6), isUnbounded: false) != nil)
        #expect(intake.add(Self.batch(5), isUnbounded: false) == nil)
        #expect(intake.add(Self.batch(4), isUnbounded: false) != nil)
        #expect(intake.refusedSamples == RefusedCounts(overflow: 5) && intake.sampleCount == 10)
    }

    @Test func collectionThatIsLargerThanTheBoundHasItsChance() {
        var intake = IntakeState(limit: 10)
        #expect(intake.add(Self.batch(50), isUnbounded: false) != nil)
        #expect(intake.add(Self.batch(1), isUnbounded: false) == nil)
    }

    @Test func whatIsAppendedLeavesInItsOrder() {
        var intake = IntakeState(limit: 100)
        let numbers = [1, 2, 3].compactMap { intake.add(Self.batch($0), isUnbounded: false) }
        #expect(intake.takeSamples().map(\.samples.count) == [1, 2, 3])
        intake.appendedSamples(2)
        #expect(intake.isDone(numbers[1]) && !intake.isDone(numbers[2]) && intake.sampleCount == 3)
        #expect(intake.takeSamples().map(\.samples.count) == [3])
        intake.appendedSamples(99)
        #expect(intake.isEmpty && intake.isDone(numbers[2]))
    }

    @Test func alertsAreKeptUnlessTheyWereGivenUp() throws {
        var intake = IntakeState(limit: 100)
        _ = intake.add(Self.batch(1), isUnbounded: false)
        let taken = intake.add([(1, Self.alert)])
        let first = try #require(taken)
        #expect(!intake.areAlertsDone(first))
        _ = intake.takeAlerts()
        intake.appendedAlerts(true)
        // The samples before them do not matter.
        #expect(intake.areAlertsDone(first) && intake.areAlertsKept(first) && !intake.isDone(first))
        let more = intake.add([(2, Self.alert), (3, Self.alert)])
        let second = try #require(more)
        intake.abandon()
        #expect(intake.areAlertsDone(second) && !intake.areAlertsKept(second) && intake.areAlertsKept(first))
        #expect(intake.add([(4, Self.alert)]) == nil)
        #expect(intake.refusedAlerts == RefusedCounts(stopped: 3))
    }

    @Test func appendsAreBounded() {
        var intake = IntakeState(limit: .max)
        for _ in 0..<3 { _ = intake.add(Self.batch(IntakeState.appendLimit / 2 + 1), isUnbounded: true) }
        #expect(intake.takeSamples().count == 1)
        intake.appendedSamples(1)
        _ = intake.add(Self.batch(3 * IntakeState.appendLimit), isUnbounded: true)
        #expect(intake.takeSamples().count == 1)
        intake.appendedSamples(1)
        #expect(intake.takeSamples().count == 1)
    }

    @Test func cancelledCollectionLeavesUnlessTheQueueHasIt() {
        for isTaken in [true, false] {
            var intake = IntakeState(limit: 100)
            let first = intake.add(Self.batch(1), isUnbounded: true) ?? 0
            _ = intake.takeSamples()
            let second = intake.add(Self.batch(10), isUnbounded: true) ?? 0
            intake.cancel(second)
            #expect(intake.refusedSamples.stopped == 10 && intake.sampleCount == 1)
            // This one is on its way.
            intake.cancel(first)
            #expect(!intake.isDone(first))
            intake.appendedSamples(isTaken ? 1 : 0)
            #expect(intake.isDone(first) && intake.isEmpty)
            #expect(intake.refusedSamples.stopped == (isTaken ? 10 : 11))
        }
    }

    @Test func alertsAreTakenBesideAnyNumberOfSamplesAndStayWhenTheyCannotBeAppended() {
        var intake = IntakeState(limit: 1)
        _ = intake.add(Self.batch(1), isUnbounded: false)
        intake.add([(1, Self.alert), (2, Self.alert)])
        #expect(intake.takeAlerts().map(\.time) == [1, 2])
        intake.add([(3, Self.alert)])
        intake.appendedAlerts(false)
        #expect(intake.takeAlerts().map(\.time) == [1, 2, 3])
        intake.appendedAlerts(true)
        #expect(intake.alerts.isEmpty && intake.refusedAlerts == RefusedCounts())
    }

    @Test func nothingIsTakenAfterTheEndAndWhatIsLeftIsCounted() {
        var intake = IntakeState(limit: 100)
        _ = intake.add(Self.batch(3), isUnbounded: false)
        intake.add([(1, Self.alert)])
        intake.close()
        #expect(intake.add(Self.batch(4), isUnbounded: false) == nil)
        intake.add([(2, Self.alert)])
        intake.abandon()
        #expect(intake.refusedSamples == RefusedCounts(stopped: 7) && intake.refusedAlerts == RefusedCounts(stopped: 2))
        #expect(intake.isEmpty)
    }

    @Test(arguments: UInt64(0)..<20)
    func sumsAreExactWhateverHappens(seed: UInt64) {
        var random = SeededGenerator(seed: seed)
        var intake = IntakeState(limit: 60)
        var (given, taken) = (0, 0)
        var numbers: [UInt64] = []
        for _ in 0..<500 {
            switch Int.random(in: 0..<6, using: &random) {
            case 0...2:
                let count = Int.random(in: 0...20, using: &random)
                given += count
                if let number = intake.add(Self.batch(count), isUnbounded: Bool.random(using: &random)) {
                    numbers.append(number)
                }
            case 3: if let number = numbers.randomElement(using: &random) { intake.cancel(number) }
            default:
                let out = intake.takeSamples()
                if Bool.random(using: &random), let number = numbers.randomElement(using: &random) {
                    intake.cancel(number)
                }
                let count = Int.random(in: 0...out.count, using: &random)
                taken += out.prefix(count).reduce(0) { $0 + $1.samples.count }
                intake.appendedSamples(count)
            }
            #expect(given == taken + intake.sampleCount + intake.refusedSamples.total)
        }
        intake.abandon()
        #expect(given == taken + intake.refusedSamples.total && intake.sampleCount == 0)
    }
}
