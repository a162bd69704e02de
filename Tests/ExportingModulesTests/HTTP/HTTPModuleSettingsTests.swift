import ExportingModules
import Foundation
import Settings
import Testing
import Transport

@testable import ExportingModules

@Suite("What modules that speak HTTP have in common")
struct HTTPModuleSettingsTests {
    @Test("A request has the configured headers, bounds and TLS")
    func request() throws {
        let settings = try make([
            "webhook.timeout": .text("3s"), "webhook.headers": .mapping(["X-B": "2", "X-A": "é"]),
            "webhook.tls_ca": .text("ca.pem"), "webhook.tls_certificate": .text("/etc/c.pem"),
            "webhook.tls_key": .text("k.pem"), "webhook.tls_verify": .bool(false),
        ])
        let request = try settings.request("PUT", "http://h/", headers: [HTTPHeader("Content-Type", "x")], body: [1])
        #expect(request.method == "PUT")
        #expect(request.timeout == .seconds(3))
        #expect(request.connectTimeout == .seconds(3))
        #expect(request.headers == [HTTPHeader("X-A", "é"), HTTPHeader("X-B", "2"), HTTPHeader("Content-Type", "x")])
        let tls = TLSSettings(
            caFile: "/etc/muster/ca.pem",
            certificateFile: "/etc/c.pem",
            keyFile: "/etc/muster/k.pem",
            verifies: false
        )
        #expect(request.tls == tls)
        #expect(!request.followsRedirects)
        #expect(request.keepsTruncatedBody)
        #expect(request.authentication == nil)
    }

    @Test("Secrets are read for each request, so that a changed file is used")
    func secrets() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path + "/token"
        try "one\n".write(toFile: path, atomically: true, encoding: .utf8)
        let script = HTTPScript(204)
        let settings = try make(["webhook.token": .secret(.file(path))])
        #expect(settings.hasSecretFile)
        let sender = HTTPSender(settings, execute: script.execute)
        #expect(sender.outcome(of: try await sender.send("http://h/")) == .accepted)
        try "two".write(toFile: path, atomically: true, encoding: .utf8)
        _ = try await sender.send("http://h/")
        #expect(script.requests.map(\.authentication) == [.bearer(token: "one"), .bearer(token: "two")])
    }

    @Test("A user and a password are basic authentication")
    func password() throws {
        let settings = try make(
            ["webhook.username": .text("me"), "webhook.password": .secret(.environment("PW"))],
            environment: ["PW": "a:b\"é"]
        )
        #expect(try settings.request("POST", "http://h/").authentication == .basic(user: "me", password: "a:b\"é"))
        let without = try make(["webhook.username": .text("me")])
        #expect(try without.request("POST", "http://h/").authentication == .basic(user: "me", password: ""))
    }

    @Test("A secret that is missing or not fit to be sent waits for a person, and shows nothing")
    func missingSecret() async throws {
        let script = HTTPScript(204)
        for (environment, words) in [([:], "PW"), (["PW": "top\r\nX: y"], "control character")]
            as [([String: String], String)]
        {
            let settings = try make(["webhook.token": .secret(.environment("PW"))], environment: environment)
            let sender = HTTPSender(settings, execute: script.execute)
            let outcome = sender.outcome(of: try await sender.send("http://h/"))
            guard case .retry(let wait, let reason) = outcome else {
                Issue.record("\(outcome)")
                continue
            }
            #expect(wait == .seconds(30))
            #expect(reason.contains(words))
            #expect(!reason.contains("top"))
        }
        #expect(script.requests.isEmpty)
    }

    @Test("A failed exchange is sent again, and a cancelled task throws")
    func failures() async throws {
        let settings = try make([:])
        let failing = HTTPSender(settings) { _ in throw HTTPError(code: .timedOut, message: "no answer in time") }
        let outcome = failing.outcome(of: try await failing.send("http://h/"))
        #expect(outcome == .retry(after: nil, reason: "no answer in time"))
        let cancelled = HTTPSender(settings) { _ in throw CancellationError() }
        await #expect(throws: CancellationError.self) { _ = try await cancelled.send("http://h/") }
    }

    @Test("Without a network a module does not start")
    func noNetwork() throws {
        let sender = HTTPSender(try make([:]))
        #expect(throws: ModuleConfigurationError.self) { try sender.checkNetwork() }
    }

    @Test(
        "What does not go together is an error that names the parameter",
        arguments: [
            (["webhook.password": ModuleValue.text("x")], "webhook.password"),
            (["webhook.token": .text("x"), "webhook.username": .text("u")], "webhook.token"),
            (["webhook.token": .text("x"), "webhook.password": .text("p")], "webhook.password"),
            (["webhook.username": .text("a:b")], "webhook.username"),
            (["webhook.username": .text("a\nb")], "webhook.username"),
            (["webhook.tls_key": .text("k")], "webhook.tls_key"),
            (["webhook.headers": .mapping(["a b": "x"])], "webhook.headers"),
            (["webhook.headers": .mapping(["": "x"])], "webhook.headers"),
            (["webhook.headers": .mapping(["é": "x"])], "webhook.headers"),
            (["webhook.headers": .mapping(["X": "a\r\nY: b"])], "webhook.headers"),
            (["webhook.headers": .mapping(["Content-LENGTH": "3"])], "webhook.headers"),
            (["webhook.headers": .mapping(["content-type": "x"])], "webhook.headers"),
        ]
    )
    func wrong(values: [String: ModuleValue], parameter: String) {
        let error = #expect(throws: ModuleConfigurationError.self) { _ = try make(values) }
        #expect(error?.problems.map(\.parameter) == [parameter])
    }

    @Test("A user may send an Authorization header of his own")
    func ownAuthorization() throws {
        let settings = try make(["webhook.headers": .mapping(["Authorization": "Splunk x"])])
        #expect(try settings.request("POST", "http://h/").header("authorization") == "Splunk x")
    }

    private func make(_ values: [String: ModuleValue], environment: [String: String] = [:]) throws -> HTTPModuleSettings
    {
        let settings = values.merging(["webhook.url": .text("http://h/")]) { own, _ in own }
        let checked = try configuration(
            of: WebhookModule.self,
            settings,
            environment: environment,
            directory: "/etc/muster"
        )
        return try HTTPModuleSettings(checked, of: "webhook")
    }
}
