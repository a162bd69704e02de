import Analysis
import Exposition
import GRDB
import TestSupport
import Testing

@testable import Agent

@Suite struct StateStoreAnalysisTests {
    private let folder: TemporaryFolder
    private let logs = LogCapture()

    init() throws { folder = try TemporaryFolder() }

    private func store() throws -> StateStore {
        try StateStore(StateConfiguration(directory: folder.path), logger: logs.logger)
    }

    @Test func alertsComeBackAsTheyWereAndTheOldestGoFirst() async throws {
        let store = try store()
        let open = try SpotAlert.made("open", start: 1, end: nil)
        let ended = try (2...6).map { try SpotAlert.made("ended-\($0)", start: $0, end: 100 + $0) }
        try await store.save(keeping: 3) { .init(alerts: [open] + ended) }
        store.close()
        let again = try self.store()
        defer { again.close() }
        #expect(try await again.endedAlerts(limit: 10) == Array(ended.suffix(3)))
        #expect(try await again.openAlerts() == [open])
        var over = open
        over.end = 200
        over.ending = .lost
        let last = over
        try await again.save(keeping: 3) { .init(alerts: [last]) }
        #expect(try await again.endedAlerts(limit: 10).map(\.id) == ["ended-5", "ended-6", "open"])
    }

    @Test func anAlertThatCannotBeReadCostsOnlyItself() async throws {
        let store = try store()
        defer { store.close() }
        let good = try SpotAlert.made("good", start: 1, end: 2)
        try await store.save(keeping: 10) { .init(alerts: [good]) }
        try await store.database.write {
            try $0.execute(sql: "INSERT INTO alert (id, start, \"end\", body) VALUES ('bad', 1, 3, '{')")
        }
        #expect(try await store.endedAlerts(limit: 10).map(\.id) == ["good"])
    }

    @Test func newsIsUntoldUntilItsStateIsNoted() async throws {
        let store = try store()
        defer { store.close() }
        let open = try SpotAlert.made("a", start: 1, end: nil)
        var over = open
        (over.end, over.ending) = (5, .normal)
        try await store.save(keeping: 10) { [open] in .init(alerts: [open], untold: ["a"]) }
        #expect(try await store.untoldEndedAlerts().isEmpty, "it goes on, and is told of at every start")
        try await store.save(keeping: 10) { [over] in .init(alerts: [over], untold: ["a"]) }
        // The note that its beginning has arrived says nothing of its end.
        try await store.noteTold([open])
        #expect(try await store.untoldEndedAlerts() == [over])
        // A change of which nobody is told does not make it told.
        try await store.save(keeping: 10) { [over] in .init(alerts: [over]) }
        #expect(try await store.untoldEndedAlerts() == [over])
        try await store.noteTold([over])
        #expect(try await store.untoldEndedAlerts().isEmpty)
    }

    @Test func untoldAlertsAreTheLastToGo() async throws {
        let store = try store()
        defer { store.close() }
        let ended = try (1...5).map { try SpotAlert.made("\($0)", start: $0, end: 100 + $0) }
        try await store.save(keeping: 3) { .init(alerts: ended, untold: ["1"]) }
        #expect(try await store.endedAlerts(limit: 10).map(\.id) == ["1", "4", "5"])
    }

    @Test func statesOfDetectorsAreReplacedAndRemoved() async throws {
        let store = try store()
        defer { store.close() }
        try await store.save(keeping: 1) { .init(states: [("a", [1, 2]), ("b", []), ("c", [3])]) }
        try await store.save(keeping: 1) { .init(removed: ["c", "none"], states: [("a", [9])]) }
        let states = try await store.detectorStates()
        #expect(Dictionary(uniqueKeysWithValues: states.map { ($0.identity, $0.bytes) }) == ["a": [9], "b": []])
    }
}
