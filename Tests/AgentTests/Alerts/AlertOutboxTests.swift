import Analysis
import Delivery
import ExporterKit
import Foundation
import TestSupport
import Testing

@testable import Agent

/// What was found is told until it has arrived, also across restarts.
@Suite(.timeLimit(.minutes(2))) struct AlertOutboxTests {
    private let fixture: AgentFixture
    private let over: SpotAlert

    init() throws {
        fixture = try AgentFixture(
            more: """
                exporting:
                  modules:
                  - name: alarms
                    queue: {type: disk}
                    file: {alarm: "alarms.jsonl"}
                analysis:
                  spot:
                  - {name: waves, match: {metric: wave}}
                """
        )
        try fixture.write(services: fixture.host("a"))
        over = try SpotAlert.made("over", start: 1, end: 2)
    }

    private func store() throws -> StateStore {
        try StateStore(StateConfiguration(directory: fixture.folder.path("state")), logger: fixture.logs.logger)
    }

    private var told: Int {
        let text = try? String(contentsOfFile: fixture.folder.path("alarms.jsonl"), encoding: .utf8)
        return text?.split(separator: "\n").filter { $0.contains("\"id\":\"over\"") }.count ?? 0
    }

    @Test func endThatAKilledAgentHadFoundIsToldByTheNextOneAndOnlyOnce() async throws {
        let killed = try store()
        try await killed.save(keeping: 10) { [over] in .init(alerts: [over], untold: ["over"]) }
        killed.close()
        for _ in 0..<2 {
            let store = try store()
            try await fixture.run(history: store) { agent in
                try await agent.monitors(1)
                try await waitUntil("it is told") { told == 1 }
            }
            #expect(try await store.untoldEndedAlerts().isEmpty)
            store.close()
        }
        #expect(told == 1)
    }

    @Test func newsThatNobodyTakesIsNotedAsToldSoThatALaterModuleIsNotFlooded() async throws {
        let store = try store()
        defer { store.close() }
        try await store.save(keeping: 10) { [over] in .init(alerts: [over], untold: ["over"]) }
        let outbox = AlertOutbox(store: store, hub: nil, time: TimeSource())
        outbox.tell([over])
        outbox.finish()
        await outbox.run()
        #expect(try await store.untoldEndedAlerts().isEmpty)
    }

    @Test func newsThatDidNotArriveStaysUntold() async throws {
        let store = try store()
        defer { store.close() }
        try await store.save(keeping: 10) { [over] in .init(alerts: [over], untold: ["over"]) }
        let core = try fixture.core()
        let hub = try #require(core.hub)
        hub.stop()
        // A hub that has ended takes nothing.
        await hub.run()
        let outbox = AlertOutbox(store: store, hub: hub, time: TimeSource())
        outbox.tell([over])
        outbox.finish()
        await outbox.run()
        #expect(try await store.untoldEndedAlerts().map(\.id) == ["over"])
    }
}
