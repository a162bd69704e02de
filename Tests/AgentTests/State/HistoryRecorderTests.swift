import Foundation
import GRDB
import TestSupport
import Testing

@testable import Agent

@Suite struct HistoryRecorderTests {
    private let folder: TemporaryFolder
    private let logs = LogCapture()

    init() throws { folder = try TemporaryFolder() }

    private func store() throws -> StateStore {
        try StateStore(StateConfiguration(directory: folder.path), logger: logs.logger)
    }

    private func event(_ time: Int) -> HistoryEvent { HistoryEvent(time: Double(time), kind: "registered") }

    @Test func whatWasRecordedIsWrittenBeforeItReturns() async throws {
        let store = try store()
        defer { store.close() }
        let recorder = HistoryRecorder(store: store, logger: logs.logger)
        for time in 1...500 { recorder.record(event(time)) }
        recorder.finish()
        await recorder.run()
        #expect(try await store.latest(limit: 1000).count == 500)
        #expect(recorder.lost == 0)
    }

    @Test func whatWaitsIsWrittenAlsoWhenTheTaskIsCancelled() async throws {
        let store = try store()
        defer { store.close() }
        let recorder = HistoryRecorder(store: store, logger: logs.logger)
        let task = Task { await recorder.run() }
        recorder.record(event(1))
        recorder.record(event(2))
        task.cancel()
        recorder.finish()
        await task.value
        #expect(try await store.latest(limit: 10).map(\.time) == [2, 1])
        #expect(recorder.lost == 0)
        #expect(logs.lines.isEmpty)
    }

    @Test func aDiskThatCannotFollowCostsTheOldestEventsAndTheyAreCounted() async throws {
        let store = try store()
        defer { store.close() }
        let recorder = HistoryRecorder(store: store, logger: logs.logger)
        let count = HistoryRecorder.capacity + 2_500
        for time in 1...count { recorder.record(event(time)) }
        recorder.finish()
        await recorder.run()
        let kept = try await store.latest(limit: count)
        #expect(kept.first?.time == Double(count))
        #expect(kept.count + recorder.lost == count)
        #expect(recorder.lost >= 2_500)
    }

    @Test func aHistoryThatCannotBeWrittenIsSaidOnceAndItsEventsAreCounted() async throws {
        let store = try store()
        let recorder = HistoryRecorder(store: store, logger: logs.logger)
        store.close()
        let task = Task { await recorder.run() }
        for time in 1...3 {
            recorder.record(event(time))
            try await waitUntil("the event is given up") { recorder.lost == time }
        }
        recorder.finish()
        await task.value
        #expect(logs.lines("The history cannot be written").count == 1)
        #expect(logs.lines.count == 1)
    }
}
