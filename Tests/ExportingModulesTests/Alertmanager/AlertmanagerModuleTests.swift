import ExportingModules
import Exposition
import Foundation
import Settings
import Synchronization
import TestSupport
import Testing
import Transport

@testable import ExportingModules

@Suite("The module alertmanager")
struct AlertmanagerModuleTests {
    private typealias Posted = AlertmanagerAlertTests.Posted

    @Test("News goes to every address")
    func everyAddress() async throws {
        let script = HTTPScript(200)
        let (module, _) = try await make(["alertmanager.address": .list(["http://a:1", "http://b/am/"])], script)
        #expect(module.takes == .alerts)
        #expect(try await module.warn(time: 0, alert: Records.alert) == .accepted)
        #expect(Set(script.requests.map(\.url)) == ["http://a:1/api/v2/alerts", "http://b/am/api/v2/alerts"])
        #expect(script.requests[0].header("Content-Type") == "application/json")
        let posted = try decode(script.requests[0])
        #expect(posted[0].labels["alertname"] == "MusterAnomaly")
        #expect(posted[0].labels["agent"] == "agent-1")
        // The clock stands at 1,790,000,100,000 ms; four times a minute later it resolves by itself.
        #expect(posted[0].endsAt == "2026-09-21T14:19:00.000Z")
        try await module.close()
    }

    @Test(
        "It is accepted when one has it, else sent again if one may take it, else rejected",
        arguments: [
            ([200, 500], DeliveryOutcome.accepted), ([400, 200], .accepted),
            ([500, 503], .retry(after: nil, reason: "status 500")),
            ([400, 401], .retry(after: .seconds(30), reason: "status 401")),
            ([401, 500], .retry(after: nil, reason: "status 500")), ([400, 400], .rejected(reason: "status 400")),
            ([413, 413], .tooLarge(reason: "status 413")),
        ]
    )
    func common(statuses: [Int], outcome: DeliveryOutcome) {
        let outcomes = statuses.map { HTTPOutcome.of(HTTPScript.response($0), at: 0) }
        #expect(AlertmanagerModule.common(outcomes) == outcome)
    }

    @Test("What goes on is told again every minute, and its end for 15 minutes")
    func telling() async throws {
        let script = HTTPScript(200)
        let time = WallTime(1_790_000_100_000)
        let (module, clock) = try await make([:], script, time)
        #expect(try await module.warn(time: 0, alert: Records.alert) == .accepted)
        try await pass(.seconds(60), clock, time)
        try await waitUntil("it was told again") { script.requests.count == 2 }
        let second = try decode(script.requests[1])
        #expect(second[0].startsAt == "2026-09-21T14:13:20.000Z")
        #expect(second[0].endsAt == "2026-09-21T14:20:00.000Z")

        var ended = Records.alert
        ended.state = .resolved
        ended.end = 1_790_000_160_000
        #expect(try await module.warn(time: 0, alert: ended) == .accepted)
        for minute in 1...14 {
            try await pass(.seconds(60), clock, time)
            try await waitUntil("the end was told \(minute) times") { script.requests.count == 3 + minute }
            #expect(try decode(script.requests[2 + minute])[0].endsAt == "2026-09-21T14:16:00.000Z")
        }
        for _ in 0..<3 { try await pass(.seconds(60), clock, time) }
        try await clock.sleepers()
        #expect(script.requests.count == 17)
        try await module.close()
    }

    @Test("What is rejected is not told again, what fails is")
    func notAgain() async throws {
        let script = HTTPScript { request in
            request.text.contains("bad") ? HTTPScript.response(400) : HTTPScript.response(500)
        }
        let (module, clock) = try await make([:], script)
        var bad = Records.alert
        bad.stat = "bad"
        #expect(try await module.warn(time: 0, alert: bad) == .rejected(reason: "status 400"))
        #expect(try await module.warn(time: 0, alert: Records.alert) == .retry(after: nil, reason: "status 500"))
        try await clock.sleepers()
        clock.advance(by: .seconds(60))
        try await waitUntil("it was told again") { script.requests.count == 3 }
        try await clock.sleepers()
        #expect(try decode(script.requests[2]).map { $0.labels["stat"] } == ["connections"])
        try await module.close()
    }

    @Test("Many alerts are told in requests of a hundred")
    func many() async throws {
        let script = HTTPScript(200)
        let (module, clock) = try await make([:], script)
        for index in 0..<250 {
            var alert = Records.alert
            alert.labels = ["index": "\(index)"]
            _ = try await module.warn(time: 0, alert: alert)
        }
        try await clock.sleepers()
        clock.advance(by: .seconds(60))
        try await waitUntil("all were told again") { script.requests.count == 253 }
        let counts = try script.requests.suffix(3).map { try decode($0).count }
        #expect(counts == [100, 100, 50])
        try await module.close()
    }

    @Test("News waits for a telling that is under way, so that nothing older comes after it")
    func order() async throws {
        let gate = Gate()
        let count = Mutex(0)
        let script = HTTPScript { _ in
            if count.withLock({ count in
                count += 1
                return count == 2
            }) {
                await gate.wait()
            }
            return HTTPScript.response(200)
        }
        let (module, clock) = try await make([:], script)
        _ = try await module.warn(time: 0, alert: Records.alert)
        try await clock.sleepers()
        clock.advance(by: .seconds(60))
        try await waitUntil("the telling began") { script.requests.count == 2 }
        var ended = Records.alert
        ended.state = .resolved
        ended.end = 1_790_000_000_500
        async let outcome = module.warn(time: 0, alert: ended)
        gate.open()
        #expect(try await outcome == .accepted)
        #expect(try decode(script.requests[2])[0].endsAt == "2026-09-21T14:13:20.500Z")
        try await module.close()
    }

    @Test("Closing ends the telling, also one that hangs")
    func close() async throws {
        let script = HTTPScript { _ in
            // Hangs until it is cancelled.
            try await Task.sleep(for: .seconds(3600))
            return HTTPScript.response(200)
        }
        let (module, clock) = try await make([:], script)
        let warning = Task { try await module.warn(time: 0, alert: Records.alert) }
        try await script.waitForRequests(1)
        warning.cancel()
        await #expect(throws: CancellationError.self) { _ = try await warning.value }
        try await clock.sleepers()
        clock.advance(by: .seconds(60))
        try await script.waitForRequests(2)
        try await module.close()
        try await module.close()
        try await module.start(series: "again")
        try await module.close()
    }

    @Test("It takes no samples")
    func samples() async throws {
        let (module, _) = try await make([:], HTTPScript(200))
        #expect(try await module.write(time: 0, samples: Records.samples(2)).rejectedCount == 2)
        try await module.close()
    }

    @Test(
        "What does not go together is an error that names the parameter",
        arguments: [
            (["alertmanager.address": ModuleValue.list([])], "alertmanager.address"),
            (["alertmanager.address": .list(["http://a", "b"])], "alertmanager.address"),
            (["alertmanager.alertname": .text("")], "alertmanager.alertname"),
            (["alertmanager.labels": .mapping(["a.b": "c"])], "alertmanager.labels"),
            (["alertmanager.labels": .mapping(["stat": "c"])], "alertmanager.labels"),
            (["alertmanager.generator_url": .text("not a url")], "alertmanager.generator_url"),
            (["alertmanager.resend": .text("0s")], "alertmanager.resend"),
        ]
    )
    func wrong(values: [String: ModuleValue], parameter: String) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try AlertmanagerModule(configuration: configuration(of: AlertmanagerModule.self, values))
        }
        #expect(error?.problems.map(\.parameter) == [parameter])
    }

    private func pass(_ duration: Duration, _ clock: ManualClock, _ time: WallTime) async throws {
        try await clock.sleepers()
        time.now += Int64(duration / .milliseconds(1))
        clock.advance(by: duration)
    }

    private func decode(_ request: HTTPScript.Request) throws -> [Posted] {
        try JSONDecoder().decode([Posted].self, from: Data(request.body))
    }

    private func make(
        _ values: [String: ModuleValue],
        _ script: HTTPScript,
        _ time: WallTime = WallTime(1_790_000_100_000)
    ) async throws -> (AlertmanagerModule, ManualClock) {
        let clock = ManualClock()
        let module = try AlertmanagerModule(
            configuration: configuration(of: AlertmanagerModule.self, values),
            execute: script.execute,
            now: { time.now },
            clock: clock
        )
        try await module.start(series: "run")
        return (module, clock)
    }
}
