import Foundation
import GRDB
import Logging
import TestSupport
import Testing

@testable import Agent

@Suite struct StateStoreTests {
    private let folder: TemporaryFolder
    private let logs = LogCapture()

    init() throws { folder = try TemporaryFolder() }

    private func store(events: Int = 100, age: Duration = .seconds(3600)) throws -> StateStore {
        try StateStore(
            StateConfiguration(directory: folder.path("state"), historyEvents: events, historyAge: age),
            logger: logs.logger
        )
    }

    private func event(_ time: Double, _ service: String = "a") -> HistoryEvent {
        HistoryEvent(time: time, kind: "registered", source: "local", service: service, detail: "é \" ; DROP TABLE")
    }

    @Test func eventsAreReadNewestFirstAsTheyWereWritten() async throws {
        let store = try store()
        defer { store.close() }
        let events = (1...3).map { event(Double($0)) }
        try await store.append(events)
        #expect(try await store.latest(limit: 10) == events.reversed())
        #expect(try await store.latest(limit: 2).map(\.time) == [3, 2])
    }

    @Test func eventsAreFilteredByService() async throws {
        let store = try store()
        defer { store.close() }
        try await store.append([
            event(1, "a"), event(2, "b"), event(3, "a"), HistoryEvent(time: 4, kind: "source_failed"),
        ])
        #expect(try await store.latest(limit: 10, service: "a").map(\.time) == [3, 1])
        #expect(try await store.latest(limit: 10, service: "' OR 1=1 --").isEmpty)
    }

    @Test func eventsBeyondTheirNumberAreForgotten() async throws {
        let store = try store(events: 100)
        defer { store.close() }
        for start in stride(from: 0, to: 250, by: 50) {
            try await store.append((start..<start + 50).map { event(Double($0)) })
        }
        let kept = try await store.latest(limit: 1000)
        #expect(kept.map(\.time) == (150..<250).reversed().map(Double.init))
    }

    @Test func oldEventsAreForgotten() async throws {
        let store = try store(age: .seconds(60))
        defer { store.close() }
        try await store.append([event(1000), event(1030)])
        try await store.append([event(1070)])
        #expect(try await store.latest(limit: 10).map(\.time) == [1070, 1030])
    }

    @Test func theHistorySurvivesARestart() async throws {
        let first = try store()
        try await first.append([event(1)])
        first.close()
        let second = try store()
        defer { second.close() }
        #expect(try await second.latest(limit: 10) == [event(1)])
        #expect(logs.lines.isEmpty)
    }

    @Test(arguments: ["not a database, but a text that is long enough for a header of one hundred bytes and more "])
    func aFileThatIsNoDatabaseIsPutAsideAndBegunAnew(_ text: String) async throws {
        try folder.makeFolder("state")
        let path = try folder.write(String(repeating: text, count: 100), to: "state/state.db")
        let store = try store()
        defer { store.close() }
        try await store.append([event(1)])
        #expect(try await store.latest(limit: 10).count == 1)
        let aside = try FileManager.default.contentsOfDirectory(atPath: folder.path("state")).filter {
            $0.hasPrefix("state.db.corrupt-")
        }
        #expect(aside.count == 1)
        #expect(try TextFile.read(folder.path("state/" + (aside.first ?? ""))).hasPrefix("not a database"))
        #expect(logs.lines.map(\.level) == [.error])
        #expect(logs.text.contains(path))
    }

    @Test func aDatabaseThatIsDamagedInTheMiddleIsPutAsideAndBegunAnew() async throws {
        let first = try store(events: 10_000)
        try await first.append((0..<5_000).map { event(Double($0)) })
        first.close()
        let path = folder.path("state/state.db")
        let file = try #require(FileHandle(forUpdatingAtPath: path))
        let size = try file.seekToEnd()
        // Closing has folded the write-ahead log into the file.
        try #require(size > 100_000)
        try file.seek(toOffset: 8192)
        try file.write(contentsOf: Data(repeating: 0xA5, count: Int(size) - 8192))
        try file.close()
        let second = try store(events: 10_000)
        defer { second.close() }
        try await second.append([event(9_000)])
        #expect(try await second.latest(limit: 10).map(\.time) == [9_000])
        #expect(logs.lines.map(\.level) == [.error])
    }

    @Test func aFolderThatCannotBeMadeIsOneClearError() throws {
        try folder.write("", to: "state")
        let error = #expect(throws: AgentError.self) { _ = try store() }
        let text = try #require(error).description
        #expect(error?.code.description == "state")
        #expect(text.contains(folder.path("state")))
        #expect(!text.contains("\n"))
        #expect(!text.contains("Error Domain"), "\(text)")
    }

    @Test func aDatabaseThatCannotBeOpenedIsOneClearError() throws {
        try folder.makeFolder("state/state.db")
        let error = #expect(throws: AgentError.self) { _ = try store() }
        let text = try #require(error).description
        #expect(text.contains(folder.path("state/state.db")))
        #expect(!text.contains("\n"))
    }

    /// Root may write everywhere, so the fact is only visible to others.
    @Test(.enabled(if: geteuid() != 0)) func aFolderThatCannotBeWrittenIsOneClearError() throws {
        try folder.makeFolder("state")
        chmod(folder.path("state"), 0o500)
        #expect(throws: AgentError.self) { _ = try store() }
    }

    @Test func twoMayOpenTheSameHistory() async throws {
        let (first, second) = (try store(), try store())
        defer {
            first.close()
            second.close()
        }
        try await first.append([event(1)])
        try await second.append([event(2)])
        #expect(try await first.latest(limit: 10).map(\.time) == [2, 1])
    }
}
