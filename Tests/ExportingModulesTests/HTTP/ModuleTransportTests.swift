import ExportingModules
import Settings
import TestSupport
import Testing

@testable import ExportingModules

@Suite("Modules that speak HTTP, with a server that fails")
struct ModuleTransportTests {
    private static let kinds = ["alertmanager", "influxdb", "prometheus", "webhook"]

    @Test("A record that the server has is accepted", arguments: kinds)
    func accepted(kind: String) async throws {
        let server = try HTTPFixture { _ in .init(204) }
        let outcomes = try await deliver(kind, to: server.url)
        #expect(outcomes.allSatisfy { $0 == .accepted })
        #expect(server.requests.allSatisfy { $0.header("Authorization") == "Basic dTpw" && $0.method == "POST" })
    }

    @Test(
        "A server that hangs costs the timeout, and the record is sent again",
        .timeLimit(.minutes(1)),
        arguments: kinds
    )
    func hangs(kind: String) async throws {
        let server = try HTTPFixture { _ in .never }
        let outcomes = try await deliver(kind, to: server.url, timeout: .milliseconds(300))
        #expect(outcomes.allSatisfy(isRetry))
    }

    @Test(
        "A server that breaks off in the middle has accepted nothing",
        arguments: kinds,
        [
            HTTPFixture.Delivery.reset(after: 0), .reset(after: 20), .cut(after: 0), .cut(after: 30),
            .raw(Array("SMTP\r\n".utf8)),
        ]
    )
    func breaks(kind: String, delivery: HTTPFixture.Delivery) async throws {
        let server = try HTTPFixture { _ in .init(200, body: Array("whatever it may be".utf8), delivery: delivery) }
        #expect(try await deliver(kind, to: server.url).allSatisfy(isRetry))
    }

    @Test("Nobody who listens is sent again", arguments: kinds)
    func refuses(kind: String) async throws {
        let port = try FreePort.next()
        #expect(try await deliver(kind, to: "http://127.0.0.1:\(port)").allSatisfy(isRetry))
        #expect(try await deliver(kind, to: "http://nobody.invalid").allSatisfy(isRetry))
    }

    @Test("Retry-After is passed on", arguments: kinds)
    func retryAfter(kind: String) async throws {
        let server = try HTTPFixture { _ in .init(429, headers: [("Retry-After", "42")], text: "slow down") }
        let outcome = DeliveryOutcome.retry(after: .seconds(42), reason: "status 429: slow down")
        #expect(try await deliver(kind, to: server.url).allSatisfy { $0 == outcome })
    }

    @Test("A redirect is not followed: the credentials stay here", arguments: kinds)
    func redirect(kind: String) async throws {
        let other = try HTTPFixture { _ in .init(200) }
        let target = other.url
        let server = try HTTPFixture { _ in .init(307, headers: [("Location", "\(target)/x")]) }
        let outcomes = try await deliver(kind, to: server.url)
        let outcome = DeliveryOutcome.retry(
            after: .seconds(30),
            reason: "status 307: the server redirects to \(target)/x"
        )
        #expect(outcomes.allSatisfy { $0 == outcome })
        #expect(other.requests.isEmpty)
    }

    @Test("An answer without end is not kept, and its status counts", arguments: kinds)
    func endless(kind: String) async throws {
        let body = [UInt8](repeating: UInt8(ascii: "x"), count: 1 << 20)
        let server = try HTTPFixture { _ in .init(500, body: body) }
        for outcome in try await deliver(kind, to: server.url) {
            guard case .retry(nil, let reason) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(reason.hasPrefix("status 500: xxx"))
            #expect(reason.utf8.count < 400)
        }
    }

    private func isRetry(_ outcome: DeliveryOutcome) -> Bool {
        if case .retry = outcome { true } else { false }
    }

    /// Gives a module samples and an alert, as far as it takes them, and returns what has become of each.
    private func deliver(_ kind: String, to url: String, timeout: Duration = .seconds(20)) async throws
        -> [DeliveryOutcome]
    {
        try await withNetwork { network in
            var settings: [String: ModuleValue] = [
                "\(kind).timeout": .duration(timeout), "\(kind).username": .text("u"), "\(kind).password": .text("p"),
            ]
            settings[kind == "prometheus" || kind == "webhook" ? "\(kind).url" : "\(kind).address"] = .text(url)
            let context = ModuleContext(name: kind, agent: "a", network: network)
            let module = try ModuleCatalogue.standard.make(kind, settings: settings, context: context)
            try await module.start(series: "run")
            var outcomes: [DeliveryOutcome] = []
            if module.takes.contains(.samples) {
                let delivery = try await module.write(time: 0, samples: Records.samples(3))
                outcomes += (0..<3).map { delivery[$0] }
            }
            if module.takes.contains(.alerts) { outcomes.append(try await module.warn(time: 0, alert: Records.alert)) }
            try await module.close()
            #expect(!outcomes.isEmpty)
            return outcomes
        }
    }
}
