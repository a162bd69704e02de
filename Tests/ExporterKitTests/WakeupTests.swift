import TestSupport
import Testing

@testable import ExporterKit

struct WakeupTests {
    private let clock = ManualClock()
    private var time: TimeSource { TimeSource(clock: clock, wallTime: { .zero }) }

    /// A task that waits for a long time, and is asleep.
    private func waiter(on wakeup: Wakeup) async throws -> Task<Void, Never> {
        let time = time
        let waiting = Task { await wakeup.wait(until: .seconds(1000), by: time) }
        try await clock.sleepers()
        return waiting
    }

    @Test func aSignalBeforeTheWaitEndsItAtOnce() async throws {
        let wakeup = Wakeup()
        wakeup.signal()
        await wakeup.wait(until: nil, by: time)
    }

    @Test func signalsWithoutAWaiterCountAsOne() async throws {
        let wakeup = Wakeup()
        for _ in 0..<3 { wakeup.signal() }
        let time = time
        await wakeup.wait(until: nil, by: time)
        let second = Task { await wakeup.wait(until: .seconds(1), by: time) }
        // It sleeps: the other two signals are not kept.
        try await clock.sleepers()
        clock.advance(by: .seconds(1))
        await second.value
    }

    @Test func aSignalEndsAWait() async throws {
        let wakeup = Wakeup()
        let waiting = try await waiter(on: wakeup)
        wakeup.signal()
        await waiting.value
        #expect(clock.now.offset == .zero)
    }

    @Test func aMomentThatHasPassedEndsAWaitAtOnce() async throws {
        await Wakeup().wait(until: .zero, by: time)
    }

    @Test func cancellingEndsAWait() async throws {
        let wakeup = Wakeup()
        let waiting = try await waiter(on: wakeup)
        let time = time
        waiting.cancel()
        await waiting.value
        let cancelled = Task {
            withUnsafeCurrentTask { $0?.cancel() }
            await wakeup.wait(until: nil, by: time)
        }
        await cancelled.value
    }

    @Test func aSignalAfterACancelledWaitIsKept() async throws {
        let wakeup = Wakeup()
        let waiting = try await waiter(on: wakeup)
        let time = time
        waiting.cancel()
        await waiting.value
        wakeup.signal()
        await wakeup.wait(until: nil, by: time)
    }

    /// Each round of signals is answered, whatever the threads do.
    @Test func noSignalIsLost() async throws {
        let wakeup = Wakeup()
        let time = time
        let (rounds, sink) = AsyncStream<Int>.makeStream()
        await withTaskGroup(of: Void.self) { group in
            group.addTask {
                for round in 0..<2000 {
                    await wakeup.wait(until: nil, by: time)
                    sink.yield(round)
                }
                sink.finish()
            }
            wakeup.signal()
            for await _ in rounds { wakeup.signal() }
        }
    }
}
