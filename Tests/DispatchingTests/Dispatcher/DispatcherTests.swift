import Discovery
import Dispatching
import ExporterKit
import Synchronization
import TestSupport
import Testing

struct DispatcherTests {
    private let clock = ManualClock()

    private func makeDispatcher(
        _ sources: [DispatchSource],
        _ change: (inout DispatcherConfiguration) -> Void = { _ in }
    ) throws -> Dispatcher {
        var configuration = DispatcherConfiguration(interval: .seconds(30), pollTimeout: .seconds(20))
        change(&configuration)
        return try Dispatcher(
            configuration: configuration,
            sources: sources,
            time: TimeSource(clock: clock, wallTime: { .zero })
        )
    }

    /// Runs a dispatcher while a test looks at it, then shuts it down, advancing the clock past the shutdown's limit
    /// if nobody closes what is open.
    private func run(_ dispatcher: Dispatcher, _ body: () async throws -> Void) async throws {
        let running = Task { await dispatcher.run() }
        do { try await body() } catch {
            running.cancel()
            throw error
        }
        running.cancel()
        let isOver = Mutex(false)
        let waiting = Task {
            await running.value
            isOver.withLock { $0 = true }
        }
        try await waitUntil("the shutdown is over") {
            clock.advance(by: .seconds(1))
            return isOver.withLock { $0 }
        }
        await waiting.value
    }

    @Test func theFirstPollIsAtOnceAndTheOthersAtThePhase() async throws {
        let source = ScriptedSource([])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        try await run(dispatcher) {
            try await waitUntil("the first poll") { dispatcher.status().sources[0].lastSuccess == .zero }
            try await clock.sleepers()
            clock.advance(by: .seconds(30))
            try await waitUntil("the second poll") { source.polls == 2 }
            try await clock.sleepers()
            clock.advance(by: .seconds(30))
            try await waitUntil("the third poll") { source.polls == 3 }
        }
        #expect(source.polls == 3)
    }

    @Test func missedTicksAreSkipped() async throws {
        let source = ScriptedSource([])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        try await run(dispatcher) {
            try await waitUntil("the first poll") { dispatcher.status().sources[0].lastSuccess != nil }
            try await clock.sleepers()
            clock.advance(by: .seconds(300))
            try await waitUntil("one poll") { dispatcher.status().sources[0].lastSuccess == .seconds(300) }
            // It sleeps again, until the next point.
            try await clock.sleepers()
            #expect(source.polls == 2)
        }
    }

    @Test func refreshesThatComeBeforeThePollCountAsOne() async throws {
        let source = ScriptedSource([])
        source.getStuck()
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        try await run(dispatcher) {
            try await waitUntil("the first poll") { source.running == 1 }
            for _ in 0..<10 { dispatcher.refresh() }
            dispatcher.refresh(source: "s")
            dispatcher.refresh(source: "another")
            source.release()
            try await waitUntil("the refresh") { dispatcher.status().sources[0].polls == 2 }
            // Two sleeps end when two polls have: this one waits for the next point.
            try await clock.sleepers()
            #expect(source.polls == 2)
        }
        #expect(source.mostRunning == 1)
    }

    @Test func aHintOfAChangeLeadsToAPoll() async throws {
        let source = ScriptedSource([])
        let (changes, hints) = AsyncStream<Void>.makeStream()
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", changes: changes, poll: source.poll)])
        try await run(dispatcher) {
            try await waitUntil("the first poll") { dispatcher.status().sources[0].lastSuccess != nil }
            source.answer([service("a")])
            hints.yield()
            try await waitUntil("the service") { dispatcher.status().services.count == 1 }
        }
        #expect(source.polls == 2)
    }

    @Test func aPollThatThrowsChangesNothingAndTheNextOneRuns() async throws {
        let source = ScriptedSource([service("a")])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        try await run(dispatcher) {
            try await waitUntil("the service") { dispatcher.status().services.count == 1 }
            source.fail("no route")
            dispatcher.refresh()
            try await waitUntil("the failure") {
                dispatcher.status().sources[0].lastError?.contains("no route") == true
            }
            #expect(dispatcher.status().services.count == 1)
            source.answer([service("a"), service("b")])
            // Until the next point, and until the list is too old.
            try await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(30))
            try await waitUntil("the recovery") { dispatcher.status().services.count == 2 }
            #expect(dispatcher.status().sources[0].lastError == nil)
        }
        var kinds: [DispatchEvent.Kind] = []
        for await event in dispatcher.events { kinds.append(event.kind) }
        #expect(kinds == [.sourceFailed, .sourceRecovered])
    }

    @Test func aPollThatIgnoresItsDeadlineFailsIsNotStartedTwiceAndBlocksNothing() async throws {
        let stuck = ScriptedSource([service("a")])
        stuck.getStuck()
        let other = ScriptedSource([service("b")])
        let dispatcher = try makeDispatcher([
            DispatchSource(name: "stuck", poll: stuck.poll), DispatchSource(name: "other", poll: other.poll),
        ])
        try await run(dispatcher) {
            try await waitUntil("the other source") { dispatcher.status().services.count == 1 }
            try await waitUntil("the stuck poll") { stuck.running == 1 }
            // The deadline of the stuck poll, and the other source's next point.
            try await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(20))
            try await waitUntil("the failure") {
                dispatcher.status().sources[0].lastError?.contains("no answer within") == true
            }
            for _ in 0..<3 {
                let failures = dispatcher.status().sources[0].failures
                dispatcher.refresh(source: "stuck")
                try await waitUntil("another failure") { dispatcher.status().sources[0].failures > failures }
            }
            let source = dispatcher.status().sources[0]
            #expect(source.isHung && source.lastError?.contains("not come back") == true)
            #expect(stuck.polls == 1)
            // When it comes back after all, its late answer is not used; a new poll is.
            stuck.release()
            try await waitUntil("the end of the stuck poll") { stuck.running == 0 }
            #expect(dispatcher.status().services.count == 1)
            try await waitUntil("the recovery") {
                dispatcher.refresh(source: "stuck")
                return dispatcher.status().services.count == 2
            }
            #expect(!dispatcher.status().sources[0].isHung)
            stuck.getStuck()
            dispatcher.refresh(source: "stuck")
            try await waitUntil("another stuck poll") { stuck.running == 1 }
        }
        // The shutdown did not wait for it.
        #expect(stuck.running == 1 && stuck.mostRunning == 1)
        stuck.release()
    }

    @Test func aHeldRemovalIsAppliedByAPollAtItsDeadline() async throws {
        let source = ScriptedSource([service("a")])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)]) {
            $0.interval = .seconds(3600)
            $0.hold = .seconds(50)
        }
        try await run(dispatcher) {
            for await registration in dispatcher.toRegister {
                dispatcher.registered(registration.generation)
                break
            }
            source.answer([])
            dispatcher.refresh()
            try await waitUntil("the hold") { dispatcher.status().sources[0].heldRemovals == 1 }
            #expect(dispatcher.status().services.first?.isHeld == true)
            try await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(50))
            for await unregistration in dispatcher.toUnregister {
                #expect(unregistration.key == key("a") && unregistration.reason == .removed)
                dispatcher.unregistered(unregistration.generation)
                break
            }
            #expect(dispatcher.status().services.isEmpty)
        }
        #expect(source.polls >= 3)
    }

    @Test func aFailedRegistrationIsSentAgainWhenItsTimeHasCome() async throws {
        let source = ScriptedSource([service("a")])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)]) {
            $0.interval = .seconds(3600)
            $0.backoff.jitter = 0
        }
        try await run(dispatcher) {
            var registrations = dispatcher.toRegister.makeAsyncIterator()
            let first = try #require(await registrations.next())
            dispatcher.registrationFailed(first.generation, error: "refused")
            let state = try #require(dispatcher.status().services.first)
            #expect(state.state == .backingOff && state.nextAttempt == .seconds(1) && state.lastError == "refused")
            try await clock.sleepers(atLeast: 2)
            clock.advance(by: .seconds(1))
            let second = try #require(await registrations.next())
            #expect(second.attempt == 2 && second.generation != first.generation)
        }
    }

    @Test func confirmingAppliesWhatIsHeld() async throws {
        let source = ScriptedSource([service("a")])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        try await run(dispatcher) {
            try await waitUntil("the service") { dispatcher.status().services.count == 1 }
            source.answer([])
            dispatcher.refresh()
            try await waitUntil("the hold") { dispatcher.status().sources[0].heldRemovals == 1 }
            #expect(dispatcher.confirmRemovals() == 1)
            #expect(dispatcher.confirmRemovals() == 0)
        }
    }

    // MARK: Shutdown

    @Test func aShutdownUnregistersEverythingWaitsForItAndEndsTheStreams() async throws {
        let source = ScriptedSource(services(0..<10))
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        let running = Task { await dispatcher.run() }
        let opened = Mutex<Set<UInt64>>([])
        let opening = Task {
            for await registration in dispatcher.toRegister {
                opened.withLock { _ = $0.insert(registration.generation) }
                dispatcher.registered(registration.generation)
            }
        }
        try await waitUntil("all are open") { opened.withLock { $0.count == 10 } }
        running.cancel()
        var closed: [UInt64] = []
        for await unregistration in dispatcher.toUnregister {
            #expect(unregistration.reason == .shutdown)
            closed.append(unregistration.generation)
            // The stream ends by itself when the last one has been reported, without a move of the clock.
            dispatcher.unregistered(unregistration.generation)
        }
        await running.value
        await opening.value
        for await _ in dispatcher.toUpdate {}
        for await _ in dispatcher.events {}
        #expect(closed.count == 10 && Set(closed) == opened.withLock { $0 })
        #expect(dispatcher.status().services.isEmpty)
        #expect(clock.now.offset == .zero)
    }

    @Test func aShutdownWaitsNoLongerThanItsLimit() async throws {
        let source = ScriptedSource(services(0..<2))
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)]) {
            $0.shutdownTimeout = .seconds(10)
        }
        let running = Task { await dispatcher.run() }
        var registrations = dispatcher.toRegister.makeAsyncIterator()
        for _ in 0..<2 {
            let registration = try #require(await registrations.next())
            dispatcher.registered(registration.generation)
        }
        running.cancel()
        var unregistrations = dispatcher.toUnregister.makeAsyncIterator()
        for _ in 0..<2 { #expect(await unregistrations.next() != nil) }
        try await clock.sleepers()
        clock.advance(by: .seconds(10))
        await running.value
        #expect(await unregistrations.next() == nil)
        #expect(dispatcher.status().services.map(\.state) == [.unregistering, .unregistering])
    }

    @Test func whatIsBeingOpenedDuringAShutdownIsClosedWhenItReports() async throws {
        let source = ScriptedSource([service("a")])
        let dispatcher = try makeDispatcher([DispatchSource(name: "s", poll: source.poll)])
        let running = Task { await dispatcher.run() }
        var registrations = dispatcher.toRegister.makeAsyncIterator()
        let registration = try #require(await registrations.next())
        running.cancel()
        // The end of this stream says that the shutdown has begun.
        #expect(await registrations.next() == nil)
        dispatcher.registered(registration.generation)
        var unregistrations = dispatcher.toUnregister.makeAsyncIterator()
        #expect(await unregistrations.next()?.generation == registration.generation)
        dispatcher.unregistered(registration.generation)
        await running.value
    }
}
