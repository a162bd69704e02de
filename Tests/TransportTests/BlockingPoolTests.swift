import Glibc
import TestSupport
import Testing

@testable import Transport

@Suite(.timeLimit(.minutes(1))) struct BlockingPoolTests {
    private var soon: ContinuousClock.Instant { .now.advanced(by: .seconds(30)) }

    @Test func resultsComeBack() async throws {
        let pool = BlockingPool(maximumThreads: 3)
        let results = try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<200 {
                group.addTask { try await pool.run(until: soon) { number * 2 } }
            }
            return try await group.reduce(into: Set<Int>()) { $0.insert($1) }
        }
        #expect(results == Set((0..<200).map { $0 * 2 }))
    }

    @Test func threadsAreBoundedAndEndWhenThereIsNoWork() async throws {
        let pool = BlockingPool(maximumThreads: 2)
        let gate = try ThreadGate()
        let tasks = (0..<10).map { number in
            Task {
                try await pool.run(until: soon) {
                    gate.pass()
                    return number
                }
            }
        }
        try await until { pool.threadCount >= 2 }
        gate.open()
        for (number, task) in tasks.enumerated() { #expect(try await task.value == number) }
        try await until { pool.threadCount == 0 }
    }

    @Test func workThatHangsCostsOnlyItsOwnCaller() async throws {
        let pool = BlockingPool(maximumThreads: 2)
        let gate = try ThreadGate()
        defer { gate.open() }
        let error = await #expect(throws: TransportError.self) {
            try await pool.run(until: .now.advanced(by: .milliseconds(20))) { gate.pass() }
        }
        #expect(error?.code == .timedOut)
        #expect(try await pool.run(until: soon) { 7 } == 7)
    }

    @Test func cancellingATaskEndsItsWait() async throws {
        let pool = BlockingPool(maximumThreads: 1)
        let gate = try ThreadGate()
        defer { gate.open() }
        let task = Task { try await pool.run(until: soon) { gate.pass() } }
        try await until { pool.threadCount >= 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
    }

    @Test func tooMuchWorkIsRefused() async throws {
        let pool = BlockingPool(maximumThreads: 1, maximumQueue: 1)
        let gate = try ThreadGate()
        let entered = Tally()
        try pool.submit {
            entered.add()
            gate.pass()
        }
        try await until { entered.count > 0 }
        let queued = Task { try await pool.run(until: soon) { 1 } }
        var refused = false
        while !refused {
            do {
                try pool.submit {}
                await Task.yield()
            } catch {
                #expect(error.code == .busy)
                refused = true
            }
        }
        gate.open()
        _ = await queued.result
    }
}
