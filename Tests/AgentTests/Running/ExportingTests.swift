import Analysis
import Delivery
import ExporterKit
import Exposition
import Foundation
import Logging
import TestSupport
import Testing

@testable import Agent

/// Samples and alerts leave the agent, and it says how that goes.
@Suite(.serialized, .timeLimit(.minutes(3))) struct ExportingTests {
    private func store(_ fixture: AgentFixture) throws -> StateStore {
        try StateStore(StateConfiguration(directory: fixture.folder.path("state")), logger: fixture.logs.logger)
    }

    private static let lines = """
        exporting:
          series: run
          modules:
          - name: lines
            match: {metric: "node_load.*"}
            queue: {type: disk}
            file: {data: "out/%s.jsonl", alarm: "out/alarms.jsonl"}
        """

    private static let selection = """
        analysis:
          spot:
          - name: load
            match: {metric: wave}
            depth: 0
            n_init: 200
            q: 0.001
            level: 0.9
            resolve_after: 10s
        """

    private func fixture(_ more: String) throws -> AgentFixture {
        let fixture = try AgentFixture(more: more)
        try fixture.folder.makeFolder("out")
        return fixture
    }

    /// What a file holds, one JSON object in each line.
    private func objects(_ fixture: AgentFixture, _ file: String) throws -> [[String: Any]] {
        guard let text = try? String(contentsOfFile: fixture.folder.path(file), encoding: .utf8) else { return [] }
        return try text.split(separator: "\n").map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
    }

    @Test func everySampleThatTheFilterMeansIsInTheFile() async throws {
        let fixture = try fixture(Self.lines)
        try fixture.write(services: fixture.host("a", ", labels: {env: prod}"))
        let hub = try await fixture.run { agent in
            try await agent.monitors(1)
            try await waitUntil("samples are delivered") {
                agent.core.hub?.status().first?.samples.counts.delivered ?? 0 >= 3
            }
            let answer = try await agent.get("/api/v1/modules").text
            #expect(answer.contains("\"name\":\"lines\""))
            #expect(answer.contains("\"kind\":\"file\""))
            #expect(answer.contains("\"state\":\"running\""))
            #expect(try await agent.get("/metrics").text.contains("muster_module_"))
            #expect(try await agent.get("/").text.contains("Exporting modules"))
            return try #require(agent.core.hub)
        }
        let status = try #require(hub.status().first)
        #expect(status.state == .stopped)
        #expect(status.samples.counts.isBalanced)
        #expect(status.samples.counts.backlog == 0)
        let objects = try objects(fixture, "out/run.jsonl")
        #expect(objects.count == status.samples.counts.delivered)
        #expect(Set(objects.compactMap { $0["name"] as? String }) == ["node_load1", "node_load5", "node_load15"])
        let first = try #require(objects.first { $0["name"] as? String == "node_load1" })
        #expect(first["value"] as? Double == 0.25)
        #expect((first["labels"] as? [String: String])?["env"] == "prod")
        #expect(first["service"] as? String == "a")
        #expect(fixture.logs.lines.allSatisfy { $0.level < .warning }, "\(fixture.logs.text)")
    }

    @Test func whatAModuleRefusesIsSaidAndCostsNobodyElse() async throws {
        let fixture = try fixture(
            """
            exporting:
              modules:
              - name: broken
                file: {data: "missing/folder/x.jsonl"}
              - name: fine
                file: {data: "out/fine.jsonl"}
            """
        )
        try fixture.write(services: fixture.host("a"))
        try await fixture.run { agent in
            try await waitUntil("the good module delivers while the bad one cannot start") {
                let status = agent.core.hub?.status() ?? []
                return status.first?.lastError != nil && status.last?.samples.counts.delivered ?? 0 >= 3
            }
            let status = try #require(agent.core.hub?.status().first)
            #expect(status.state == .backingOff)
            #expect(status.samples.counts.delivered == 0)
            #expect(try await agent.get("/").text.contains("backing off"))
        }
    }

    /// Ten minutes ago: alerts of a series that brings nothing for long are over.
    private let begin = TimeSource().wallTime - .seconds(600)

    private func batch(_ value: Double, second: Int) -> CollectedBatch {
        CollectedBatch(
            id: ExporterID(key: "wave/a"),
            collector: "wave",
            labels: ["service": "a", "env": "prod"],
            time: begin + .seconds(second),
            duration: .zero,
            families: [MetricFamily(name: "wave", kind: .gauge, metrics: [Metric(labels: ["phase": "one"], value)])]
        )
    }

    @Test func anUnusualValueIsAnAlertEverywhereAndSurvivesARestart() async throws {
        let fixture = try fixture(Self.lines.replacing("node_load.*", with: ".*") + "\n" + Self.selection)
        var store = try store(fixture)
        var random = SeededGenerator(seed: 7)
        let calm = (0..<600).map { _ in Double.random(in: 0..<1, using: &random) }
        try await fixture.run(history: store) { agent in
            let analysis = try #require(agent.core.analysis)
            let pipeline = SamplePipeline(analysis: analysis, hub: agent.core.hub)
            for (second, value) in calm.enumerated() { await pipeline.take(batch(value, second: second)) }
            await pipeline.take(batch(1000, second: 600))
            let alert = try #require(analysis.openAlerts.last)
            #expect(alert.status == .up)
            #expect(alert.stat == "wave")
            #expect(alert.value == 1000)
            #expect(alert.labels == ["env": "prod", "phase": "one", "service": "a"])
            let answer = try await agent.get("/api/v1/alerts").text
            #expect(answer.contains("\"id\":\"\(alert.id)\""))
            #expect(answer.contains("UP_ALERT"))
            #expect(try await agent.get("/").text.contains("Alerts that go on"))
            let page = try await agent.get("/metrics").text
            #expect(
                page.contains(
                    "muster_spot_threshold{env=\"prod\",metric=\"wave\",phase=\"one\",service=\"a\",tail=\"up\"}"
                )
            )
        }
        store.close()
        let told = { @Sendable in
            try objects(fixture, "out/alarms.jsonl").filter { $0["value"] as? Double == 1000 }
                .map { $0["state"] as? String }
        }
        #expect(try told() == ["firing"])

        store = try self.store(fixture)
        defer { store.close() }
        try await fixture.run(history: store) { agent in
            let analysis = try #require(agent.core.analysis)
            // Those who should know may have forgotten, so a restart tells them once more.
            try await waitUntil("the alert goes on, and is told of") { try told().count == 2 }
            #expect(analysis.openAlerts.contains { $0.value == 1000 })
            let pipeline = SamplePipeline(analysis: analysis, hub: agent.core.hub)
            // Without what the first run has learned this would be one of 200 values to calibrate from.
            for second in 601..<640 { await pipeline.take(batch(0.5, second: second)) }
            #expect(analysis.openAlerts.allSatisfy { $0.value != 1000 })
            #expect(try await agent.get("/api/v1/alerts").text.contains("\"resolved\":[{"))
        }
        #expect(try told() == ["firing", "firing", "resolved"])
        #expect(try await store.endedAlerts(limit: 10).contains { $0.value == 1000 })
    }
}
