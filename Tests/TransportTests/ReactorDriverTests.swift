import Glibc
import Synchronization
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct ReactorDriverTests {
    /// Notes what it is told.
    private final class Driver: ReactorDriver {
        struct Notes {
            var readable = 0
            var writable = 0
            var due = 0
            var isStopped = false
        }

        private let state = Mutex(Notes())
        /// Runs with each readiness, before it is noted: who sees the note may cause the next.
        let onReady: @Sendable () -> Void

        init(onReady: @escaping @Sendable () -> Void = {}) {
            self.onReady = onReady
        }

        var notes: Notes { state.withLock { $0 } }

        func ready(_ descriptor: Int32, _ readiness: Reactor.Interest) {
            onReady()
            state.withLock { notes in
                if readiness.contains(.readable) { notes.readable += 1 }
                if readiness.contains(.writable) { notes.writable += 1 }
            }
        }

        func due() { state.withLock { $0.due += 1 } }
        func stopped() { state.withLock { $0.isStopped = true } }
    }

    @Test func aWatchLastsAndItsInterestChanges() async throws {
        let reactor = try Reactor()
        try reactor.start()
        let pair = SocketPair()
        let driver = Driver { _ = pair.drainNear() }
        let seat = reactor.makeSeat()
        #expect(seat.occupy(by: driver))
        #expect(seat.watch(pair.near, .readable))
        for count in 1...20 {
            pair.sendFromFar()
            try await waitUntil("event \(count) came") { driver.notes.readable >= count }
        }
        #expect(driver.notes.writable == 0)
        #expect(seat.watch(pair.near, [.readable, .writable]))
        try await waitUntil("it can be written") { driver.notes.writable > 0 }
        seat.unwatch(pair.near)
        // After a turn of the thread nothing comes any more.
        let turn = driver.notes.due
        seat.wake()
        try await waitUntil("the thread has turned") { driver.notes.due > turn }
        let before = driver.notes.readable
        pair.sendFromFar()
        seat.wake()
        try await waitUntil("the thread has turned again") { driver.notes.due > turn + 1 }
        #expect(driver.notes.readable == before)
        // The descriptor is free for others.
        try await reactor.wait(for: pair.near, .readable, until: .now + .seconds(20))
        reactor.forget(pair.near)
        seat.leave()
    }

    @Test func wakingAndTimersCall() async throws {
        let reactor = try Reactor()
        try reactor.start()
        let (driver, other) = (Driver(), Driver())
        let (seat, otherSeat) = (reactor.makeSeat(), reactor.makeSeat())
        #expect(seat.occupy(by: driver))
        #expect(otherSeat.occupy(by: other))
        for count in 1...100 {
            #expect(seat.wake())
            try await waitUntil("call \(count) came") { driver.notes.due >= count }
        }
        #expect(other.notes.due == 0)
        let moment = ContinuousClock.now + .milliseconds(30)
        otherSeat.setTimer(.now + .seconds(3600))
        otherSeat.setTimer(moment)
        try await waitUntil("the timer calls") { other.notes.due == 1 }
        #expect(ContinuousClock.now >= moment)
        otherSeat.setTimer(.now + .milliseconds(20))
        otherSeat.setTimer(nil)
        try await waitUntil("a later moment has passed") { ContinuousClock.now > moment + .milliseconds(60) }
        #expect(other.notes.due == 1)
        otherSeat.leave()
        otherSeat.wake()
        let count = driver.notes.due
        seat.wake()
        try await waitUntil("the thread has turned") { driver.notes.due > count }
        #expect(other.notes.due == 1)
    }

    @Test func stoppingIsTheLastCall() async throws {
        let reactor = try Reactor()
        let (driver, gone) = (Driver(), Driver())
        let (seat, goneSeat) = (reactor.makeSeat(), reactor.makeSeat())
        #expect(seat.occupy(by: driver))
        #expect(goneSeat.occupy(by: gone))
        #expect(!seat.wake() && !seat.isRunning)
        try reactor.start()
        #expect(seat.wake() && seat.isRunning)
        goneSeat.leave()
        reactor.stop()
        #expect(driver.notes.isStopped && !gone.notes.isStopped)
        #expect(!seat.wake())
        #expect(!reactor.makeSeat().occupy(by: gone))
    }

    @Test func whatCannotBeWatchedIsRefused() throws {
        let reactor = try Reactor()
        let seat = reactor.makeSeat()
        #expect(seat.occupy(by: Driver()))
        #expect(!seat.watch(-1, .readable))
        #expect(!seat.watch(1_000_000, .readable))
    }
}
