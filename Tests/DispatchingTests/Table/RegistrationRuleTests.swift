import Discovery
import Dispatching
import Testing

/// What reports about exporters lead to.
struct RegistrationRuleTests {
    private var table = ServiceTable(
        configuration: DispatcherConfiguration(
            maximumRemoval: 1,
            hold: .zero,
            backoff: Backoff(initial: .seconds(10), multiplier: 2, maximum: .seconds(30), jitter: 0)
        ),
        sources: ["s"]
    )

    private mutating func poll(_ list: [MatchedService], at now: Duration = .zero) -> [String] {
        table.pollSucceeded(0, list, at: now).brief
    }

    @Test mutating func aServiceInFlightIsNotSentTwice() {
        #expect(poll([service("a")]) == ["+a.1 g1"])
        #expect(poll([service("a")]) == [])
        #expect(poll([service("a"), service("b")]) == ["+b.1 g2"])
        #expect(table.state(of: "a")?.state == .settingUp)
        #expect(table.registered(1, at: .zero).brief == [])
        #expect(table.state(of: "a")?.state == .registered)
        #expect(poll([service("b"), service("a")]) == [])
    }

    @Test mutating func aFailedRegistrationIsTriedAgainAfterABackoff() {
        _ = poll([service("a")])
        var now = Duration.zero
        for (attempt, wait) in [10, 20, 30, 30].enumerated() {
            #expect(table.registrationFailed(UInt64(attempt) + 1, error: "refused", at: now).brief == [])
            let state = table.state(of: "a")
            #expect(state?.state == .backingOff && state?.lastError == "refused" && state?.failures == attempt + 1)
            #expect(state?.nextAttempt == now + .seconds(wait))
            #expect(poll([service("a", labels: ["changed": "\(attempt)"])], at: now) == [])
            #expect(table.tick(at: now + .seconds(wait - 1)).isEmpty)
            now += .seconds(wait)
            let next = table.tick(at: now).registrations
            #expect(next.map(\.attempt) == [attempt + 2])
        }
        #expect(table.registered(5, at: now).events.map(\.kind) == [.registered])
        let state = table.state(of: "a")
        #expect(state?.failures == 0 && state?.lastError == nil && state?.nextAttempt == nil)
    }

    @Test mutating func aServiceThatKeepsFailingIsToldOfWhenTheReasonChanges() {
        _ = poll([service("a")])
        var told: [[String?]] = []
        for (attempt, reason) in ["refused", "refused", "no route", "no route"].enumerated() {
            let now = Duration.seconds(attempt * 100)
            told.append(table.registrationFailed(UInt64(attempt) + 1, error: reason, at: now).events.map(\.detail))
            #expect(table.state(of: "a")?.lastError == reason)
            #expect(table.tick(at: now + .seconds(99)).registrations.count == 1)
        }
        #expect(told == [["refused"], [], ["no route"], []])
    }

    @Test mutating func aChangedServiceIsTriedAtOnceAfterAFailure() {
        _ = poll([service("a")])
        _ = table.registrationFailed(1, error: "refused", at: .zero)
        let actions = table.pollSucceeded(0, [service("a", "2")], at: .seconds(1))
        #expect(actions.brief == ["+a.2 g2"] && actions.registrations.first?.attempt == 1)
    }

    @Test mutating func aServiceThatChangedInFlightIsTriedAtOnceWhenThatFails() {
        _ = poll([service("a")])
        #expect(poll([service("a", "2")]) == [])
        #expect(table.registrationFailed(1, error: "refused", at: .zero).brief == ["+a.2 g2"])
    }

    @Test mutating func aFailingServiceThatGoesLeavesNothing() {
        _ = poll([service("a")])
        _ = table.registrationFailed(1, error: "refused", at: .zero)
        #expect(poll([]) == [])
        #expect(table.isDrained && table.status(at: .zero).services.isEmpty)
        #expect(table.tick(at: .seconds(100)).isEmpty)
    }

    @Test mutating func aServiceThatGoesInFlightIsClosedWhenItReports() {
        _ = poll([service("a"), service("b")])
        #expect(poll([]) == [])
        #expect(table.registered(1, at: .zero).brief == ["-a.1 g1"])
        #expect(table.registrationFailed(2, error: "refused", at: .zero).brief == [])
        #expect(table.status(at: .zero).services.map(\.state) == [.unregistering])
        #expect(table.unregistered(1, at: .zero).isEmpty)
        #expect(table.isDrained && table.status(at: .zero).services.isEmpty)
    }

    @Test mutating func aServiceThatComesBackInFlightStays() {
        _ = poll([service("a")])
        #expect(poll([]) == [])
        #expect(poll([service("a")]) == [])
        #expect(table.registered(1, at: .zero).brief == [])
    }

    @Test mutating func aServiceThatComesBackWhileClosingWaitsForTheClose() {
        table.establish([service("a")])
        #expect(poll([]) == ["-a.1 g1"])
        #expect(poll([service("a")]) == [])
        #expect(poll([service("a", "2")]) == [])
        #expect(table.state(of: "a")?.state == .unregistering)
        #expect(table.unregistered(1, at: .zero).brief == ["+a.2 g2"])
    }

    // MARK: Replacement

    @Test mutating func aChangedServiceIsReplacedByACandidate() {
        table.establish([service("a")])
        let actions = table.pollSucceeded(0, [service("a", "2")], at: .zero)
        #expect(actions.brief == ["+a.2 g2"] && actions.registrations.first?.replaces == 1)
        #expect(table.state(of: "a")?.state == .replacing && table.state(of: "a")?.generation == 1)
        let replaced = table.registered(2, at: .zero)
        #expect(replaced.brief == ["-a.1 g1"] && replaced.events.map(\.kind) == [.replaced])
        #expect(replaced.unregistrations.first?.reason == .replaced)
        #expect(table.state(of: "a")?.liveHash == ServiceHash("2"))
        #expect(table.unregistered(1, at: .zero).isEmpty && !table.isDrained)
    }

    @Test mutating func aCandidateThatFailsLeavesTheOldExporter() {
        table.establish([service("a")])
        _ = poll([service("a", "2")])
        #expect(table.registrationFailed(2, error: "refused", at: .zero).brief == [])
        let state = table.state(of: "a")
        #expect(state?.state == .registered && state?.generation == 1 && state?.liveHash == ServiceHash("1"))
        #expect(state?.lastError == "refused" && state?.nextAttempt == .seconds(10))
        let again = table.tick(at: .seconds(10)).registrations
        #expect(again.map(\.replaces) == [1] && again.map(\.attempt) == [2])
    }

    @Test mutating func aChangeThatIsTakenBackLeavesNoError() {
        table.establish([service("a")])
        _ = poll([service("a", "2")])
        _ = table.registrationFailed(2, error: "refused", at: .zero)
        #expect(poll([service("a")]) == [])
        let state = table.state(of: "a")
        #expect(state?.lastError == nil && state?.nextAttempt == nil)
        #expect(table.tick(at: .seconds(100)).isEmpty)
    }

    @Test mutating func aHashThatChangesTwiceInFlightIsFollowedOneByOne() {
        table.establish([service("a")])
        #expect(poll([service("a", "2")]) == ["+a.2 g2"])
        #expect(poll([service("a", "3")]) == [])
        #expect(table.registered(2, at: .zero).brief == ["-a.1 g1"])
        // No third exporter while the first is being closed.
        #expect(poll([service("a", "3")]) == [])
        #expect(table.unregistered(1, at: .zero).brief == ["+a.3 g3"])
        #expect(table.registered(3, at: .zero).brief == ["-a.2 g2"])
    }

    @Test mutating func aHashThatChangesBackInFlightIsOpenedAgain() {
        table.establish([service("a")])
        #expect(poll([service("a", "2")]) == ["+a.2 g2"])
        #expect(poll([service("a", "1")]) == [])
        #expect(table.registered(2, at: .zero).brief == ["-a.1 g1"])
        #expect(table.unregistered(1, at: .zero).brief == ["+a.1 g3"])
        #expect(table.registered(3, at: .zero).brief == ["-a.2 g2"])
    }

    @Test mutating func aServiceThatGoesWhileItIsReplacedClosesBoth() {
        table.establish([service("a")])
        _ = poll([service("a", "2")])
        #expect(poll([]) == ["-a.1 g1"])
        #expect(table.unregistered(1, at: .zero).isEmpty)
        #expect(table.registered(2, at: .zero).brief == ["-a.2 g2"])
        #expect(table.unregistered(2, at: .zero).isEmpty && table.isDrained)
    }

    // MARK: Updates

    @Test mutating func changedLabelsAreAnUpdateInPlace() {
        table.establish([service("a")])
        let actions = table.pollSucceeded(0, [service("a", labels: ["env": "x"])], at: .zero)
        #expect(actions.brief == ["~a.1 g1"] && actions.events.map(\.kind) == [.updated])
        #expect(actions.updates.first?.service.labels == ["env": "x"])
        #expect(poll([service("a", labels: ["env": "x"])]) == [])
    }

    @Test mutating func labelsThatChangeInFlightAreAnUpdateOnceItIsRegistered() {
        _ = poll([service("a")])
        #expect(poll([service("a", labels: ["env": "x"])]) == [])
        let actions = table.registered(1, at: .zero)
        #expect(actions.brief == ["~a.1 g1"] && actions.updates.first?.service.labels == ["env": "x"])
    }

    @Test mutating func labelsOfTheOldExporterChangeWhileAnUnwantedCandidateIsInFlight() {
        table.establish([service("a")])
        _ = poll([service("a", "2")])
        #expect(poll([service("a", labels: ["env": "x"])]) == ["~a.1 g1"])
    }

    // MARK: Generations

    @Test mutating func staleGenerationsAreIgnored() {
        table.establish([service("a")])
        _ = poll([service("a", "2")])
        #expect(table.registered(1, at: .zero).isEmpty)
        #expect(table.registrationFailed(1, error: "late", at: .zero).isEmpty)
        #expect(table.unregistered(1, at: .zero).isEmpty)
        #expect(table.unregistered(2, at: .zero).isEmpty)
        for generation: UInt64 in [0, 3, .max] {
            #expect(table.registered(generation, at: .zero).isEmpty)
            #expect(table.registrationFailed(generation, error: "late", at: .zero).isEmpty)
            #expect(table.unregistered(generation, at: .zero).isEmpty)
        }
        _ = table.registered(2, at: .zero)
        #expect(table.unregistered(1, at: .zero).isEmpty)
        #expect(table.unregistered(1, at: .zero).isEmpty)
        #expect(table.registered(2, at: .zero).isEmpty)
        #expect(table.state(of: "a")?.generation == 2)
    }

    // MARK: Shutdown

    @Test mutating func aShutdownClosesEverythingExactlyOnceFromEveryState() {
        table.establish([service("live"), service("replacing"), service("going"), service("stuck")])
        _ = poll([service("live"), service("replacing", "2"), service("stuck", "2"), service("new"), service("bad")])
        // g5 replaces g2, g6 replaces g4, g7 and g8 are new.
        _ = table.registrationFailed(6, error: "refused", at: .zero)
        _ = table.registrationFailed(8, error: "refused", at: .zero)
        let actions = table.shutDown(at: .zero)
        #expect(actions.unregistrations.map(\.generation).sorted() == [1, 2, 4])
        #expect(actions.unregistrations.allSatisfy { $0.reason == .shutdown })
        #expect(table.shutDown(at: .zero).isEmpty)
        #expect(table.registered(5, at: .zero).unregistrations.map(\.generation) == [5])
        #expect(table.registrationFailed(7, error: "refused", at: .zero).brief == [])
        for generation: UInt64 in 1...5 where !table.isDrained {
            #expect(table.unregistered(generation, at: .zero).isEmpty)
        }
        #expect(table.isDrained && table.status(at: .zero).services.isEmpty && table.nextDeadline == nil)
    }

    @Test mutating func nothingIsOpenedAfterAShutdown() {
        _ = table.shutDown(at: .zero)
        #expect(table.isDrained)
        #expect(poll([service("a")]) == [])
        #expect(table.pollFailed(0, error: "no route", at: .zero).isEmpty)
        #expect(table.confirmRemovals(at: .zero).actions.isEmpty)
        #expect(table.tick(at: .seconds(1000)).isEmpty)
    }
}
