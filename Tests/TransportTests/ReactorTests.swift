import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct ReactorTests {
    private var soon: ContinuousClock.Instant { .now.advanced(by: .seconds(30)) }

    private func running(threads: Int = 1) throws -> Reactor {
        let reactor = try Reactor(threads: threads)
        try reactor.start()
        return reactor
    }

    /// Suspends until that many tasks wait on the reactor.
    private func waiters(_ count: Int, on reactor: Reactor) async throws {
        try await until { reactor.waiterCount >= count }
    }

    @Test func aReadableSocketWakesItsWaiter() async throws {
        let reactor = try running()
        let pair = SocketPair()
        async let woken: Void = reactor.wait(for: pair.near, .readable, until: soon)
        try await waiters(1, on: reactor)
        pair.sendFromFar()
        try await woken
        #expect(pair.drainNear() == 1)
        #expect(reactor.waiterCount == 0)
    }

    @Test func aSocketThatIsReadyAlreadyWakesAtOnceAndAgain() async throws {
        let reactor = try running()
        let pair = SocketPair()
        pair.sendFromFar()
        for _ in 0..<100 { try await reactor.wait(for: pair.near, .readable, until: soon) }
        #expect(pair.drainNear() == 1)
    }

    @Test func aFullSocketWakesWhenItCanBeWritten() async throws {
        let reactor = try running()
        let pair = SocketPair()
        pair.fillNear()
        async let woken: Void = reactor.wait(for: pair.near, .writable, until: soon)
        try await waiters(1, on: reactor)
        pair.drainFar()
        try await woken
    }

    @Test func aHangUpWakesAReader() async throws {
        let reactor = try running()
        let pair = SocketPair()
        async let woken: Void = reactor.wait(for: pair.near, .readable, until: soon)
        try await waiters(1, on: reactor)
        shutdown(pair.far, Int32(SHUT_RDWR))
        try await woken
        #expect(pair.drainNear() == 0)
    }

    @Test func theDeadlineEndsAWait() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let started = ContinuousClock.now
        let deadline = started.advanced(by: .milliseconds(30))
        let error = await #expect(throws: TransportError.self) {
            try await reactor.wait(for: pair.near, .readable, until: deadline)
        }
        #expect(error?.code == .timedOut)
        #expect(ContinuousClock.now >= deadline)
    }

    @Test func anEarlierDeadlineShortensTheSleepOfTheThread() async throws {
        let reactor = try running()
        let (first, second) = (SocketPair(), SocketPair())
        let patient = Task { try await reactor.wait(for: first.near, .readable, until: soon) }
        try await waiters(1, on: reactor)
        let error = await #expect(throws: TransportError.self) {
            try await reactor.wait(for: second.near, .readable, until: .now.advanced(by: .milliseconds(20)))
        }
        #expect(error?.code == .timedOut)
        first.sendFromFar()
        try await patient.value
    }

    @Test func aDeadlineInThePastEndsAWaitAtOnce() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let error = await #expect(throws: TransportError.self) {
            try await reactor.wait(for: pair.near, .readable, until: .now.advanced(by: .seconds(-1)))
        }
        #expect(error?.code == .timedOut)
    }

    @Test func cancellingATaskEndsItsWait() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let task = Task { try await reactor.wait(for: pair.near, .readable, until: soon) }
        try await waiters(1, on: reactor)
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(reactor.waiterCount == 0)
        // The descriptor can be waited for again.
        pair.sendFromFar()
        try await reactor.wait(for: pair.near, .readable, until: soon)
    }

    @Test func aTaskThatIsCancelledAlreadyDoesNotWait() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let task = Task {
            while !Task.isCancelled { await Task.yield() }
            try await reactor.wait(for: pair.near, .readable, until: soon)
        }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(reactor.waiterCount == 0)
    }

    @Test func cancellationReadinessAndDeadlinesMayRace() async throws {
        let reactor = try running(threads: 2)
        for round in 0..<300 {
            let pair = SocketPair()
            let deadline = ContinuousClock.now.advanced(by: .microseconds(round * 10))
            let task = Task { try await reactor.wait(for: pair.near, .readable, until: deadline) }
            if round.isMultiple(of: 3) { await Task.yield() }
            async let sent: Void = pair.sendFromFar()
            task.cancel()
            await sent
            switch await task.result {
            case .success: break
            case .failure(let error as TransportError): #expect(error.code == .timedOut)
            case .failure(let error): #expect(error is CancellationError)
            }
            reactor.forget(pair.near)
        }
        #expect(reactor.waiterCount == 0)
    }

    @Test func stepsRunUntilTheWorkIsDone() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let received = Tally()
        let task = Task {
            try await reactor.drive(pair.near, .readable, until: soon) {
                for _ in 0..<pair.drainNear() { received.add() }
                return received.count < 50 ? .wait(.readable) : .done
            }
        }
        for count in 1...50 {
            pair.sendFromFar()
            try await until { received.count >= count }
        }
        try await task.value
        #expect(received.count == 50)
        #expect(reactor.waiterCount == 0)
    }

    @Test func aPauseEndsWithoutTheDescriptorBeingReady() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let steps = Tally()
        pair.sendFromFar()
        try await reactor.drive(pair.near, .readable, until: soon) {
            _ = pair.drainNear()
            return steps.add() < 4 ? .pause : .done
        }
        #expect(steps.count == 4)
        #expect(reactor.waiterCount == 0)
    }

    @Test func deadlinesAndCancellationsEndPausesToo() async throws {
        let reactor = try running()
        let pair = SocketPair()
        pair.sendFromFar()
        let error = await #expect(throws: TransportError.self) {
            try await reactor.drive(pair.near, .readable, until: .now.advanced(by: .milliseconds(15))) { .pause }
        }
        #expect(error?.code == .timedOut)
        let steps = Tally()
        let task = Task {
            try await reactor.drive(pair.near, .readable, until: soon) {
                steps.add()
                return .pause
            }
        }
        try await until { steps.count >= 3 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(reactor.waiterCount == 0)
    }

    @Test func theDeadlineEndsWorkThatIsNotDone() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let steps = Tally()
        pair.sendFromFar()
        // The byte is never read, so the socket stays ready and steps go on until the deadline.
        let error = await #expect(throws: TransportError.self) {
            try await reactor.drive(pair.near, .readable, until: .now.advanced(by: .milliseconds(20))) {
                steps.add()
                return .wait(.readable)
            }
        }
        #expect(error?.code == .timedOut)
        let count = steps.count
        #expect(count > 1)
        pair.sendFromFar()
        try await reactor.wait(for: pair.near, .readable, until: soon)
        #expect(steps.count == count)
    }

    @Test func cancellingEndsWorkBetweenSteps() async throws {
        let reactor = try running()
        for _ in 0..<100 {
            let pair = SocketPair()
            let inStep = Tally()
            let steps = Tally()
            pair.sendFromFar()
            let task = Task {
                try await reactor.drive(pair.near, .readable, until: soon) {
                    inStep.add()
                    steps.add()
                    return .wait(.readable)
                }
            }
            try await until { steps.count > 0 }
            task.cancel()
            await #expect(throws: CancellationError.self) { try await task.value }
            // Nothing works on the descriptor any more.
            let count = inStep.count
            for _ in 0..<10 { await Task.yield() }
            #expect(inStep.count == count)
            reactor.forget(pair.near)
        }
    }

    @Test func onlyOneTaskMayWaitForADescriptor() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let task = Task { try await reactor.wait(for: pair.near, .readable, until: soon) }
        try await waiters(1, on: reactor)
        let error = await #expect(throws: TransportError.self) {
            try await reactor.wait(for: pair.near, .writable, until: soon)
        }
        #expect(error?.code == .alreadyWaiting)
        pair.sendFromFar()
        try await task.value
    }

    @Test func forgettingEndsTheWait() async throws {
        let reactor = try running()
        let pair = SocketPair()
        let task = Task { try await reactor.wait(for: pair.near, .readable, until: soon) }
        try await waiters(1, on: reactor)
        reactor.forget(pair.near)
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.code == .forgotten)
    }

    @Test func aNumberThatWasReusedBehindOurBackIsAnotherDescriptor() async throws {
        let reactor = try running()
        let other = SocketPair()
        let descriptors = SocketPair()
        // A library closes its socket and opens another one of the same number, without telling.
        let reused = dup(descriptors.near)
        descriptors.sendFromFar()
        try await reactor.wait(for: reused, .readable, until: soon)
        #expect(dup2(other.near, reused) == reused)
        let task = Task { try await reactor.wait(for: reused, .readable, until: soon) }
        try await waiters(1, on: reactor)
        other.sendFromFar()
        try await task.value
        #expect(other.drainNear() == 1)
        reactor.forget(reused)
        close(reused)
    }

    @Test func whatCannotBeWaitedForIsAnError() async throws {
        let reactor = try running()
        let file = open("/proc/self/exe", O_RDONLY | O_CLOEXEC)
        defer { close(file) }
        for descriptor in [file, -1, 1_000_000] {
            let error = await #expect(throws: TransportError.self) {
                try await reactor.wait(for: descriptor, .readable, until: soon)
            }
            #expect(error?.code == .system)
        }
        #expect(reactor.waiterCount == 0)
    }

    @Test func waitingNeedsARunningReactor() async throws {
        let pair = SocketPair()
        let reactor = try Reactor()
        let early = await #expect(throws: TransportError.self) {
            try await reactor.wait(for: pair.near, .readable, until: soon)
        }
        #expect(early?.code == .notRunning)
        try reactor.start()
        try reactor.start()
        let task = Task { try await reactor.wait(for: pair.near, .readable, until: soon) }
        try await waiters(1, on: reactor)
        reactor.stop()
        reactor.stop()
        let error = await #expect(throws: TransportError.self) { try await task.value }
        #expect(error?.code == .notRunning)
        #expect(throws: TransportError.self) { try reactor.start() }
    }

    @Test func thousandsWaitAtOnce() async throws {
        let reactor = try running(threads: 2)
        let pairs = (0..<2000).map { _ in SocketPair() }
        let woken = Tally()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for pair in pairs {
                group.addTask {
                    try await reactor.wait(for: pair.near, .readable, until: soon)
                    woken.add()
                }
            }
            try await waiters(pairs.count, on: reactor)
            #expect(woken.count == 0)
            for pair in pairs.shuffled() { pair.sendFromFar() }
            try await group.waitForAll()
        }
        #expect(woken.count == pairs.count)
        for pair in pairs { reactor.forget(pair.near) }
    }

    @Test func reactorsLeaveNoDescriptorsAndNoThreads() async throws {
        for _ in 0..<1000 {
            let reactor = try Reactor()
            try reactor.start()
        }
        // Other tests have a few reactors of their own meanwhile.
        #expect(openEpollCount() < 400)
    }
}
