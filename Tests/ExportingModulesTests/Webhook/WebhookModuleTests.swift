import ExportingModules
import Foundation
import Settings
import Testing
import Transport

@testable import ExportingModules

@Suite("The module webhook")
struct WebhookModuleTests {
    @Test("By default a request has an array with the objects of JSON lines")
    func standard() async throws {
        let script = HTTPScript(200)
        let module = try await make([:], script)
        #expect(module.takes == [.samples, .alerts])
        #expect(try await module.write(time: 5, samples: Records.samples(2)) == .accepted(count: 2))
        let lines = Records.samples(2).map { LineFormat.json.line($0, series: "run").dropLast() }
        #expect(script.requests[0].text == "[\(lines.joined(separator: ","))]")
        #expect(script.requests[0].method == "POST")
        #expect(script.requests[0].header("Content-Type") == "application/json")
        #expect(try await module.warn(time: 7, alert: Records.alert) == .accepted)
        #expect(
            script.requests[1].text == "[\(LineFormat.json.line(Records.alert, time: 7, series: "run").dropLast())]"
        )
        try await module.close()
    }

    @Test("A template for a batch, with another method and type")
    func batchTemplate() async throws {
        let script = HTTPScript(200)
        let module = try await make(
            [
                "webhook.url": .text("https://h/x?y=1"), "webhook.method": .text("PUT"),
                "webhook.content_type": .text("application/cloudevents+json"), "webhook.token": .text("t"),
                "webhook.template": .text(#"{"n":${count},"by":"muster/${agent}","run":${series},"data":${records}}"#),
            ],
            script
        )
        _ = try await module.write(time: 5, samples: Records.samples(3))
        let request = script.requests[0]
        #expect(request.method == "PUT")
        #expect(request.url == "https://h/x?y=1")
        #expect(request.header("Content-Type") == "application/cloudevents+json")
        #expect(request.authentication == .bearer(token: "t"))
        let read = try JSONSerialization.jsonObject(with: Data(request.body)) as? [String: Any]
        #expect(read?["n"] as? Int == 3)
        #expect(read?["by"] as? String == "muster/agent-1")
        #expect(read?["run"] as? String == "run")
        #expect((read?["data"] as? [Any])?.count == 3)
    }

    @Test("Without batches every record has its request, in order")
    func single() async throws {
        let script = HTTPScript(200)
        let module = try await make(
            [
                "webhook.batch": .bool(false), "webhook.alarm": .bool(false),
                "webhook.template": .text(#"{"text":"${sample.name} is ${sample.value}"}"#),
            ],
            script
        )
        _ = try await module.write(time: 5, samples: Records.samples(3))
        #expect(script.requests.map(\.text) == (0..<3).map { #"{"text":"m is \#($0)"}"# })
    }

    @Test("Without batches a refusal is about its record, and after a failure the rest waits")
    func singleOutcomes() async throws {
        let script = HTTPScript { request in
            HTTPScript.response(request.text == "1" ? 400 : request.text == "3" ? 503 : 200)
        }
        let settings: [String: ModuleValue] = [
            "webhook.batch": .bool(false), "webhook.alarm": .bool(false), "webhook.template": .text("${sample.value}"),
        ]
        let module = try await make(settings, script)
        let delivery = try await module.write(time: 5, samples: Records.samples(6))
        let busy = DeliveryOutcome.retry(after: nil, reason: "status 503")
        #expect(
            (0..<6).map { delivery[$0] }
                == [.accepted, .rejected(reason: "status 400"), .accepted, busy, busy, busy]
        )
        #expect(script.requests.count == 4)
    }

    @Test("Of a batch only the poison is rejected")
    func poison() async throws {
        let script = HTTPScript { HTTPScript.response($0.text.contains("\"value\":9}") ? 422 : 200) }
        let module = try await make([:], script)
        let delivery = try await module.write(time: 5, samples: Records.samples(20))
        #expect(delivery.acceptedCount == 19)
        #expect(delivery[9] == .rejected(reason: "status 422"))
    }

    @Test("A refusal that is not about the records is one request")
    func whole() async throws {
        let script = HTTPScript(410)
        let module = try await make([:], script)
        #expect(try await module.write(time: 5, samples: Records.samples(20)).rejectedCount == 20)
        #expect(script.requests.count == 1)
    }

    @Test(
        "What does not go together is an error that names the parameter and says why",
        arguments: [
            (["webhook.url": ModuleValue.text("h")], "webhook.url", "does not begin"),
            (["webhook.content_type": .text("a\nb")], "webhook.content_type", "control character"),
            (["webhook.template": .text("{\"a\":${recods}}")], "webhook.template", "did you mean ${records}?"),
            (["webhook.template": .text("{\"a\":\(#"${alert.id}"#)}")], "webhook.template", "there is no ${alert.id}"),
            (["webhook.template": .text("{\"a\" ${records}}")], "webhook.template", "a colon is missing"),
            (["webhook.template": .text("{\"a\":\"${records}}")], "webhook.template", "does not end"),
            (["webhook.template": .text("{\"a\":x${records}}")], "webhook.template", "a value is missing"),
            (["webhook.template": .text("")], "webhook.template", "a value is missing"),
            (
                ["webhook.batch": .bool(false), "webhook.template": .text("${alert.id}")], "webhook.template",
                "webhook.data is on"
            ),
            (
                ["webhook.batch": .bool(false), "webhook.template": .text("${sample.name}")], "webhook.template",
                "webhook.alarm is on"
            ),
            (["webhook.data": .bool(false), "webhook.alarm": .bool(false)], "webhook.data", "nothing is sent"),
        ]
    )
    func wrong(values: [String: ModuleValue], parameter: String, words: String) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            let settings = values.merging(["webhook.url": .text("http://h/")]) { own, _ in own }
            _ = try WebhookModule(configuration: configuration(of: WebhookModule.self, settings))
        }
        #expect(error?.problems.map(\.parameter) == [parameter])
        #expect(error?.description.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test("The address is required")
    func required() {
        #expect(throws: ModuleConfigurationError.self) { _ = try configuration(of: WebhookModule.self, [:]) }
    }

    private func make(_ values: [String: ModuleValue], _ script: HTTPScript) async throws -> WebhookModule {
        let settings = values.merging(["webhook.url": .text("http://h/")]) { own, _ in own }
        let module = try WebhookModule(
            configuration: configuration(of: WebhookModule.self, settings),
            execute: script.execute
        )
        try await module.start(series: "run")
        return module
    }
}
