import Discovery
import Dispatching
import Testing

/// What a list of services leads to, and what it does not.
struct ListRuleTests {
    private func makeTable(_ configuration: DispatcherConfiguration = DispatcherConfiguration()) -> ServiceTable {
        ServiceTable(configuration: configuration, sources: ["s", "t"])
    }

    @Test func newServicesAreRegisteredInTheOrderOfTheList() {
        var table = makeTable()
        let actions = table.pollSucceeded(0, [service("b"), service("a")], at: .zero)
        #expect(actions.brief == ["+b.1 g1", "+a.1 g2"])
        #expect(actions.registrations.allSatisfy { $0.attempt == 1 && $0.replaces == nil })
    }

    @Test func anUnchangedListCausesNoAction() {
        var table = makeTable()
        let list = services(0..<5)
        table.establish(list)
        #expect(table.pollSucceeded(0, list, at: .seconds(30)).isEmpty)
        #expect(table.pollSucceeded(0, services(0..<5), at: .seconds(60)).isEmpty)
    }

    @Test func anotherOrderCausesNoAction() {
        var table = makeTable()
        table.establish(services(0..<20))
        #expect(table.pollSucceeded(0, services(0..<20).reversed(), at: .seconds(1)).isEmpty)
        let rotated = services(7..<20) + services(0..<7)
        #expect(table.pollSucceeded(0, rotated, at: .seconds(2)).isEmpty)
        #expect(table.pollSucceeded(0, Array(rotated.dropFirst()), at: .seconds(3)).brief == ["-7.1 g8"])
    }

    @Test func theFirstOfDuplicateKeysCountsAndTheOthersAreNamed() {
        var table = makeTable()
        let list = [service("a", "1"), service("a", "2"), service("b"), service("a", "3")]
        table.establish(list)
        #expect(table.state(of: "a")?.liveHash == ServiceHash("1"))
        #expect(table.status(at: .zero).sources[0].duplicates == [key("a"), key("a")])
        #expect(table.pollSucceeded(0, list, at: .seconds(1)).isEmpty)
        #expect(table.pollSucceeded(0, [service("a"), service("b")], at: .seconds(2)).isEmpty)
        #expect(table.status(at: .zero).sources[0].duplicates.isEmpty)
    }

    @Test func theNamesOfDuplicatesAreBounded() {
        var table = makeTable()
        table.establish((0..<1000).map { _ in service("a") })
        #expect(table.status(at: .zero).sources[0].duplicates.count == 20)
    }

    // MARK: Failures

    @Test func aFailedPollChangesNothing() {
        var table = makeTable()
        table.establish(services(0..<3))
        let actions = table.pollFailed(0, error: "no route", at: .seconds(30))
        #expect(actions.brief.isEmpty)
        #expect(actions.events.map(\.kind) == [.sourceFailed])
        #expect(table.pollFailed(0, error: "no route", at: .seconds(60)).isEmpty)
        let source = table.status(at: .seconds(60)).sources[0]
        #expect(source.services == 3 && source.consecutiveFailures == 2 && source.lastError == "no route")
        let recovered = table.pollSucceeded(0, services(0..<3), at: .seconds(90))
        #expect(recovered.brief.isEmpty && recovered.events.map(\.kind) == [.sourceRecovered])
        #expect(table.status(at: .zero).sources[0].lastError == nil)
    }

    @Test func aListIsDroppedWhenItsSourceHasFailedForTooLong() {
        var table = makeTable(DispatcherConfiguration(keepStale: .seconds(100)))
        table.establish(services(0..<2))
        table.establish([service("other")], source: 1)
        _ = table.pollFailed(0, error: "no route", at: .seconds(30))
        #expect(table.nextDeadline == .seconds(100))
        #expect(table.tick(at: .seconds(99)).isEmpty)
        let actions = table.tick(at: .seconds(100))
        #expect(actions.brief == ["-0.1 g1", "-1.1 g2"])
        #expect(actions.events.first?.kind == .staleListDropped && actions.events.first?.detail == "2 services")
        #expect(actions.events.first?.source == "s")
        #expect(table.status(at: .zero).sources.map(\.services) == [0, 1])
    }

    @Test func aSuccessBetweenFailuresStartsTheStaleTimeAgain() {
        var table = makeTable(DispatcherConfiguration(keepStale: .seconds(100)))
        table.establish(services(0..<2))
        for round in 1...50 {
            let now = Duration.seconds(round * 4)
            _ = table.pollFailed(0, error: "no route", at: now)
            #expect(table.tick(at: now).isEmpty)
            if round < 50 { _ = table.pollSucceeded(0, services(0..<2), at: now) }
        }
        // The last success was at 196.
        #expect(table.tick(at: .seconds(295)).isEmpty)
        #expect(table.nextDeadline == .seconds(296))
        #expect(table.tick(at: .seconds(296)).unregistrations.count == 2)
    }

    // MARK: Held removals

    @Test(arguments: [0, 4])
    func aSuspiciousRemovalIsHeldUntilItHasStood(left: Int) {
        var table = makeTable(DispatcherConfiguration(maximumRemoval: 0.5, hold: .seconds(120)))
        table.establish(services(0..<10))
        let held = table.pollSucceeded(0, services(0..<left), at: .seconds(30))
        #expect(held.brief.isEmpty && held.events.map(\.kind) == [.removalHeld])
        let source = table.status(at: .seconds(30)).sources[0]
        #expect(source.heldRemovals == 10 - left && source.services == left && source.heldUntil == .seconds(150))
        #expect(table.state(of: "9")?.isHeld == true && table.state(of: "9")?.state == .registered)

        #expect(table.pollSucceeded(0, services(0..<left), at: .seconds(60)).isEmpty)
        #expect(table.nextDeadline == .seconds(150))
        // Time alone does not let go: the table asks for a poll, and only a good one confirms.
        #expect(table.tick(at: .seconds(150)).brief == ["?0"])
        #expect(table.pollFailed(0, error: "no route", at: .seconds(151)).brief.isEmpty)
        let applied = table.pollSucceeded(0, services(0..<left), at: .seconds(180))
        #expect(applied.unregistrations.map(\.key.name).sorted() == (left..<10).map { "\($0)" })
        #expect(applied.events.map(\.kind).contains(.removalApplied))
        #expect(table.status(at: .zero).sources[0].heldRemovals == 0)
    }

    @Test func aSmallRemovalIsNotHeld() {
        var table = makeTable(DispatcherConfiguration(maximumRemoval: 0.5))
        table.establish(services(0..<10))
        #expect(table.pollSucceeded(0, services(0..<5), at: .seconds(1)).unregistrations.count == 5)
    }

    @Test func heldServicesThatComeBackAreReleased() {
        var table = makeTable(DispatcherConfiguration(hold: .seconds(120)))
        table.establish(services(0..<10))
        _ = table.pollSucceeded(0, [], at: .seconds(30))
        let actions = table.pollSucceeded(0, services(0..<10).reversed(), at: .seconds(60))
        #expect(actions.brief.isEmpty && actions.events.map(\.kind) == [.removalReleased])
        #expect(table.status(at: .zero).sources[0].heldUntil == nil)
        #expect(table.tick(at: .seconds(150)).isEmpty)
        // The next suspicious removal is held for the whole time again.
        #expect(table.pollSucceeded(0, [], at: .seconds(160)).brief.isEmpty)
        #expect(table.status(at: .zero).sources[0].heldUntil == .seconds(280))
    }

    @Test func heldServicesStillFollowTheirRegistration() {
        var table = makeTable()
        let first = table.pollSucceeded(0, [service("a")], at: .zero).registrations
        #expect(table.pollSucceeded(0, [], at: .seconds(1)).brief.isEmpty)
        let failed = table.registrationFailed(first[0].generation, error: "refused", at: .seconds(2))
        #expect(failed.brief.isEmpty)
        #expect(table.tick(at: .seconds(5)).brief == ["+a.1 g2"])
    }

    @Test func aPersonConfirmsHeldRemovals() {
        var table = makeTable(DispatcherConfiguration(grace: .seconds(60)))
        table.establish(services(0..<10))
        table.establish([service("t0")], source: 1)
        _ = table.pollSucceeded(0, services(0..<2), at: .seconds(30))
        _ = table.pollSucceeded(1, [], at: .seconds(30))
        let result = table.confirmRemovals(at: .seconds(31))
        #expect(result.count == 9 && result.actions.unregistrations.count == 9)
        #expect(result.actions.events.count { $0.kind == .removalApplied } == 2)
        #expect(table.confirmRemovals(at: .seconds(32)).count == 0)
        #expect(table.pollSucceeded(0, services(0..<2).reversed(), at: .seconds(60)).isEmpty)
        #expect(table.tick(at: .seconds(150)).isEmpty)
    }

    // MARK: Grace

    @Test func aServiceMustBeAbsentForTheGrace() {
        var table = makeTable(DispatcherConfiguration(grace: .seconds(60)))
        table.establish(services(0..<10))
        #expect(table.pollSucceeded(0, services(1..<10), at: .seconds(30)).isEmpty)
        #expect(table.nextDeadline == .seconds(90))
        // Flapping starts the grace again.
        #expect(table.pollSucceeded(0, services(0..<10), at: .seconds(60)).isEmpty)
        #expect(table.pollSucceeded(0, services(1..<10), at: .seconds(80)).isEmpty)
        #expect(table.tick(at: .seconds(90)).isEmpty)
        #expect(table.tick(at: .seconds(139)).isEmpty)
        #expect(table.tick(at: .seconds(140)).brief == ["-0.1 g1"])
    }

    @Test func theTimeOfAHoldCountsAsAbsence() {
        var table = makeTable(DispatcherConfiguration(hold: .seconds(120), grace: .seconds(60)))
        table.establish(services(0..<2))
        _ = table.pollSucceeded(0, [], at: .seconds(10))
        #expect(table.pollSucceeded(0, [], at: .seconds(130)).unregistrations.count == 2)
    }

    @Test func aServiceThatReturnsChangedWithinItsGraceIsReplaced() {
        var table = makeTable(DispatcherConfiguration(grace: .seconds(60)))
        table.establish(services(0..<10))
        _ = table.pollSucceeded(0, services(1..<10), at: .seconds(30))
        let actions = table.pollSucceeded(0, services(1..<10) + [service("0", "2")], at: .seconds(40))
        #expect(actions.brief == ["+0.2 g11"] && actions.registrations.first?.replaces == 1)
    }

    // MARK: Sources

    @Test func aKeyBelongsToTheFirstSourceThatReportsIt() {
        var table = makeTable()
        table.establish([service("a", "2", source: "t")], source: 1)
        let taken = table.pollSucceeded(0, [service("a", "1")], at: .seconds(1))
        #expect(taken.brief == ["+a.1 g2"] && taken.registrations.first?.replaces == 1)
        #expect(table.pollSucceeded(1, [service("a", "3", source: "t")], at: .seconds(2)).isEmpty)
    }

    @Test func anotherSourceTakesOverWithoutClosingWhenTheHashIsEqual() {
        var table = makeTable()
        table.establish([service("a"), service("b"), service("c")])
        table.establish([service("a", source: "t")], source: 1)
        let actions = table.pollSucceeded(0, [service("b"), service("c")], at: .seconds(1))
        #expect(actions.brief == ["~a.1 g1"])
        #expect(actions.updates.first?.service.source == "t")
        #expect(table.pollSucceeded(1, [], at: .seconds(2)).events.map(\.kind) == [.removalHeld])
    }

    @Test func anUnknownSourceIsIgnored() {
        var table = makeTable()
        #expect(table.pollSucceeded(2, [service("a")], at: .zero).isEmpty)
        #expect(table.pollSucceeded(-1, [service("a")], at: .zero).isEmpty)
        #expect(table.pollFailed(7, error: "", at: .zero).isEmpty)
        table.pollStarted(9, at: .zero)
        table.setHung(9, true)
        #expect(table.status(at: .zero).services.isEmpty)
    }

    @Test func namesThatDifferInCaseAreDifferentServices() {
        var table = makeTable()
        #expect(table.pollSucceeded(0, [service("a"), service("A")], at: .zero).registrations.count == 2)
    }
}
