import PostgresClient
import Testing
import Transport

@testable import PostgresExporter

@Suite(.timeLimit(.minutes(1))) struct SessionSlotTests {
    private var soon: ContinuousClock.Instant { .now.advanced(by: .seconds(30)) }

    @Test func oneTaskAtATimeHasTheSession() async throws {
        let slot = SessionSlot()
        let users = Users()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<50 {
                group.addTask {
                    do {
                        _ = try await slot.take(until: soon)
                        #expect(await users.enter() == 1)
                        await Task.yield()
                        await users.leave()
                        slot.putBack(nil)
                    } catch {
                        Issue.record(error)
                    }
                }
            }
        }
        #expect(await users.total == 50)
    }

    @Test func waitingEndsAtTheDeadlineAndByCancellation() async throws {
        let slot = SessionSlot()
        _ = try await slot.take(until: soon)
        let error = await #expect(throws: TransportError.self) {
            try await slot.take(until: .now.advanced(by: .milliseconds(20)))
        }
        #expect(error?.code == .timedOut)
        let task = Task { _ = try await slot.take(until: soon) }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        slot.putBack(nil)
        _ = try await slot.take(until: soon)
    }

    @Test func theSlotIsNeverLostToARace() async throws {
        let slot = SessionSlot()
        for round in 0..<300 {
            _ = try await slot.take(until: soon)
            let deadline = ContinuousClock.now.advanced(by: .microseconds(round % 30 * 20))
            let task = Task {
                _ = try await slot.take(until: deadline)
                slot.putBack(nil)
            }
            if round.isMultiple(of: 2) { await Task.yield() }
            if round.isMultiple(of: 5) { task.cancel() }
            slot.putBack(nil)
            _ = await task.result
        }
        _ = try await slot.take(until: soon)
    }

    @Test func afterClosingNothingIsTaken() async throws {
        let slot = SessionSlot()
        _ = try await slot.take(until: soon)
        let waiter = Task { _ = try await slot.take(until: soon) }
        for _ in 0..<20 { await Task.yield() }
        slot.close()
        await #expect(throws: PostgresError.closed) { try await waiter.value }
        slot.putBack(nil)
        await #expect(throws: PostgresError.closed) { try await slot.take(until: soon) }
    }

    private actor Users {
        private var present = 0
        private(set) var total = 0

        func enter() -> Int {
            present += 1
            total += 1
            return present
        }

        func leave() { present -= 1 }
    }
}
