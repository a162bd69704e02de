import ExportingModules
import Exposition
import Settings
import TestSupport
import Testing

@testable import ExportingModules

@Suite(
    "The module alertmanager, with a real Alertmanager",
    .enabled(if: Requirement.alertmanager.isMet, "\(Requirement.alertmanager.explanation)")
)
struct AlertmanagerServerTests {
    @Test("Alerts fire with hostile labels, stay while they are told again, and resolve")
    func lifeCycle() async throws {
        let server = try await AlertmanagerServer.start()
        let now = HTTPSender.wallClock()
        let texts = HostileTexts.plain + HostileTexts.lines + HostileTexts.backslashes
        let alerts = texts.enumerated().map { index, text in
            Alert(
                id: "\(index)",
                state: .firing,
                status: index % 2 == 0 ? .up : .down,
                stat: text,
                service: text,
                labels: LabelSet([Label("the.key", text), Label("index", "\(index)"), Label("empty", "")]),
                value: index == 0 ? .infinity : Double(index),
                probability: 1e-9,
                threshold: 0.5,
                start: now - 60_000
            )
        }
        try await withNetwork { network in
            let clock = ManualClock()
            let settings: [String: ModuleValue] = [
                "alertmanager.address": .list(["http://127.0.0.1:\(try FreePort.next())", server.url]),
                "alertmanager.labels": .mapping(["severity": "page"]),
                "alertmanager.generator_url": .text("http://muster.example/?x=%20"),
            ]
            let module = try AlertmanagerModule(
                configuration: configuration(of: AlertmanagerModule.self, settings, agent: "ag", network: network),
                execute: nil,
                clock: clock
            )
            try await module.start(series: "run")
            for alert in alerts { #expect(try await module.warn(time: now, alert: alert) == .accepted) }
            let firing = try await server.alerts()
            #expect(firing.count == alerts.count)
            for (text, alert) in zip(texts, alerts) {
                let found = firing.first { $0.labels["index"] == alert.id }
                #expect(
                    found?.labels == [
                        "alertname": "MusterAnomaly", "stat": text, "service": text, "the_key": text, "index": alert.id,
                        "status": alert.status.rawValue, "severity": "page", "agent": "ag",
                    ]
                )
                #expect(found?.startsAt == TimeFormat.iso(alert.start))
                #expect(found?.annotations["value"] == NumberFormat.plain(alert.value))
                #expect(found?.annotations["probability"] == "1e-09")
                #expect(found?.annotations["threshold"] == "0.5")
                #expect(found?.generatorURL == "http://muster.example/?x=%20")
                let ends = try #require(found?.endsAt)
                #expect(ends > TimeFormat.iso(now + 230_000) && ends < TimeFormat.iso(now + 600_000))
            }

            // Told again, they end later.
            let before = firing.map(\.endsAt).max() ?? ""
            try await clock.sleepers()
            clock.advance(by: .seconds(60))
            try await waitUntil("all were told again") {
                try await server.alerts().allSatisfy { $0.endsAt > before }
            }

            let end = HTTPSender.wallClock()
            for var alert in alerts.dropFirst() {
                alert.state = .resolved
                alert.end = end
                #expect(try await module.warn(time: now, alert: alert) == .accepted)
            }
            #expect(try await server.alerts().map { $0.labels["index"] } == ["0"])

            // The end is told again, and resolves nothing else.
            try await clock.sleepers()
            clock.advance(by: .seconds(60))
            try await clock.sleepers()
            #expect(try await server.alerts().count == 1)
            try await module.close()
        }
        try await server.stop()
    }
}
