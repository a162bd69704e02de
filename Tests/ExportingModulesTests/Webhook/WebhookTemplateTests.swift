import ExportingModules
import Exposition
import Foundation
import Testing

@testable import ExportingModules

@Suite("Templates of webhooks")
struct WebhookTemplateTests {
    private let hostile = "a\"b\\c\nd\u{1}é"

    @Test("Outside of quotation marks a placeholder is a JSON value, inside it is text")
    func places() throws {
        var alert = Records.alert
        alert.stat = hostile
        alert.labels = ["k": hostile]
        let template =
            #"{"stat":${alert.stat},"text":"<${alert.stat}> ${alert.value}","k":${label.k},"n":"${label.k}"}"#
        let read = try fill(template, alert)
        #expect(read["stat"] as? String == hostile)
        #expect(read["text"] as? String == "<\(hostile)> 90")
        #expect(read["k"] as? String == hostile)
        #expect(read["n"] as? String == hostile)
    }

    @Test("What is not there is null, and nothing in text")
    func missing() throws {
        let read = try fill(
            #"{"end":${alert.end},"in":"[${alert.end}]","no":${label.no},"s":${sample.name}}"#,
            Records.alert
        )
        #expect(read["end"] is NSNull)
        #expect(read["in"] as? String == "[]")
        #expect(read["no"] is NSNull)
        #expect(read["s"] is NSNull)
    }

    @Test("What is not a number is text")
    func notNumbers() throws {
        var alert = Records.alert
        alert.value = .nan
        alert.threshold = -.infinity
        let read = try fill(#"{"v":${alert.value},"t":"${alert.threshold}","o":${alert.threshold}}"#, alert)
        #expect(read["v"] as? String == "NaN")
        #expect(read["t"] as? String == "-Inf")
        #expect(read["o"] as? String == "-Inf")
    }

    @Test("Labels and records are objects, and in text they are escaped whole")
    func objects() throws {
        var alert = Records.alert
        alert.labels = ["k": hostile, "l": "m"]
        let read = try fill(#"{"l":${labels},"s":"${labels}","r":${record},"q":"${record}"}"#, alert)
        #expect(read["l"] as? [String: String] == ["k": hostile, "l": "m"])
        let text = try #require(read["s"] as? String)
        #expect(
            try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: String] == ["k": hostile, "l": "m"]
        )
        #expect((read["r"] as? [String: Any])?["type"] as? String == "alarm")
        #expect((read["q"] as? String)?.hasPrefix("{\"type\":\"alarm\"") == true)
    }

    @Test("Every placeholder that there is can be filled in, for samples and for alerts")
    func all() throws {
        let members = WebhookPlaceholder.ofRecords.map { "\"\($0)\":${\($0)},\"text \($0)\":\"${\($0)}\"" }
        let template = try WebhookTemplate("{\(members.joined(separator: ","))}", names: WebhookPlaceholder.ofRecords)
        for record in [WebhookPlaceholder.Example.sample, WebhookPlaceholder.Example.alert] {
            let read = try JSONSerialization.jsonObject(with: Data(template.fill(record))) as? [String: Any]
            #expect(read?.count == 2 * WebhookPlaceholder.ofRecords.count)
        }
        #expect(WebhookPlaceholder.ofRecords.count == 30)
    }

    @Test("Times come as milliseconds and as text")
    func times() throws {
        let read = try fill(
            #"{"a":${time},"b":${time.iso},"c":${alert.start.iso},"d":"${alert.start}"}"#,
            Records.alert
        )
        #expect(read["a"] as? Int == 1_790_000_000_500)
        #expect(read["b"] as? String == "2026-09-21T14:13:20.500Z")
        #expect(read["c"] as? String == "2026-09-21T14:13:20.000Z")
        #expect(read["d"] as? String == "1790000000000")
    }

    @Test("$${ stands for ${, and a quotation mark that is escaped ends no text")
    func literals() throws {
        let read = try fill(#"{"a":"$${x} $ {y} \" ${alert.id} \\","b":${alert.id},"${alert.id}":1}"#, Records.alert)
        #expect(read["a"] as? String == "${x} $ {y} \" 17-up-00ff \\")
        #expect(read["b"] as? String == "17-up-00ff")
        #expect(read["17-up-00ff"] as? Int == 1)
    }

    @Test(
        "A placeholder that does not exist is an error with the nearest that does",
        arguments: [
            ("${alert.sta}", "there is no ${alert.sta}; did you mean ${alert.stat}?"),
            ("${}", "there is no ${}; there are"), ("${label.}", "there is no ${label.}; did you mean ${labels}?"),
            ("${zzzzzzzz}", "there is no ${zzzzzzzz}; there are"), ("{\"a\":${time", "${time is not closed"),
            ("${records}", "there is no ${records}; did you mean ${record}?"),
        ]
    )
    func unknown(text: String, message: String) {
        let problem = #expect(throws: WebhookTemplate.Problem.self) {
            _ = try WebhookTemplate(text, names: WebhookPlaceholder.ofRecords)
        }
        #expect(problem?.message.hasPrefix(message) == true, "\(problem?.message ?? "")")
    }

    private func fill(_ text: String, _ alert: Alert) throws -> [String: Any] {
        let template = try WebhookTemplate(text, names: WebhookPlaceholder.ofRecords)
        let record = WebhookRecord(content: .alert(alert), time: 1_790_000_000_500, series: "run", agent: "ag")
        let object = try JSONSerialization.jsonObject(with: Data(template.fill(record)))
        return try #require(object as? [String: Any])
    }
}

@Suite("Whether something is JSON")
struct JSONCheckTests {
    @Test(
        "JSON is taken",
        arguments: [
            "null", " true ", "false", "0", "-0", "1.5e-7", "12E+3", "\"\"", #""a\"\\\/\b\f\n\r\té\u00e9é""#, "[]",
            "[ ]",
            "[1,[2],{}]", "{}", #"{"a":1,"b":{"c":[null]}}"#, "\n{\t}\r\n",
        ]
    )
    func valid(text: String) throws {
        try JSONCheck.check(Array(text.utf8))
        #expect(try JSONSerialization.jsonObject(with: Data(text.utf8), options: .fragmentsAllowed) is NSObject)
    }

    @Test(
        "Anything else is not",
        arguments: [
            "", " ", "nul", "nullx", "True", "01", "+1", ".5", "1.", "1e", "-", "NaN", "Infinity", "\"", "\"a",
            "\"\\x\"",
            "\"\\u12g4\"", "\"\\u12", "\"a\nb\"", "[", "[1", "[1,", "[1,]", "[,1]", "[1 2]", "{", "{\"a\"", "{\"a\":",
            "{\"a\":1", "{\"a\":1,}", "{a:1}", "{\"a\" 1}", "{1:2}", "1 2", "{}}", "'a'", "\"a\" \"b\"",
            String(repeating: "[", count: 100_000),
        ]
    )
    func invalid(text: String) {
        #expect(throws: JSONCheck.Problem.self) { try JSONCheck.check(Array(text.utf8)) }
    }
}
