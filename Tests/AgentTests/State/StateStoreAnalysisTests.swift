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

    private func alert(_ id: String, start: Int64, end: Int64?) throws -> SpotAlert {
        var tracker = AlertTracker()
        let step = SpotStep(
            status: .anomaly,
            side: .up,
            value: .infinity,
            drift: 1,
            threshold: 5,
            probability: 1e-6,
            confidence: .normal,
            isAlarm: true,
            isRegimeChange: false
        )
        let series = SpotSeries(stat: "x", service: "db \"1\"", labels: ["a": "line\nbreak"])
        var alert = try #require(tracker.observe(step, of: series, at: start).first).alert
        alert.id = id
        alert.end = end
        alert.ending = end == nil ? nil : .normal
        return alert
    }

    @Test func alertsComeBackAsTheyWereAndTheOldestGoFirst() async throws {
        let store = try store()
        let open = try alert("open", start: 1, end: nil)
        let ended = try (2...6).map { try alert("ended-\($0)", start: $0, end: 100 + $0) }
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
        let good = try alert("good", start: 1, end: 2)
        try await store.save(keeping: 10) { .init(alerts: [good]) }
        try await store.database.write {
            try $0.execute(sql: "INSERT INTO alert (id, start, \"end\", body) VALUES ('bad', 1, 3, '{')")
        }
        #expect(try await store.endedAlerts(limit: 10).map(\.id) == ["good"])
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
