import ExportingModules
import Testing

@Suite("The configuration of a module")
struct ModuleConfigurationTests {
    private static let parameters = [
        ModuleParameter("m.flag", .bool, default: .bool(true), usage: ""),
        ModuleParameter("m.count", .integer(1...10), default: .integer(3), usage: ""),
        ModuleParameter("m.share", .number(0...1), usage: ""),
        ModuleParameter("m.word", .choice(["json", "csv"]), default: .text("json"), usage: ""),
        ModuleParameter("m.path", .path, usage: ""),
        ModuleParameter(
            "m.wait",
            .duration(.seconds(1) ... .seconds(3600)),
            default: .duration(.seconds(5)),
            usage: ""
        ),
        ModuleParameter("m.bytes", .size(0...(1 << 30)), usage: ""),
        ModuleParameter.required("m.name", .text, usage: ""),
    ]

    @Test("Defaults are there, and what has none is nil")
    func defaults() throws {
        let configuration = try make(["m.name": .text("x")])
        #expect(try configuration.bool("m.flag") == true)
        #expect(try configuration.integer("m.count") == 3)
        #expect(try configuration.number("m.share") == nil)
        #expect(try configuration.text("m.word") == "json")
        #expect(try configuration.duration("m.wait") == .seconds(5))
        #expect(try configuration.text("m.name") == "x")
    }

    @Test("Text is read as whatever the parameter is")
    func text() throws {
        let configuration = try make([
            "m.flag": .text("false"), "m.count": .text("7"), "m.share": .text("0.25"), "m.wait": .text("1m30s"),
            "m.bytes": .text("16MiB"), "m.name": .integer(12), "m.path": .text("/tmp/x"),
        ])
        #expect(try configuration.bool("m.flag") == false)
        #expect(try configuration.integer("m.count") == 7)
        #expect(try configuration.number("m.share") == 0.25)
        #expect(try configuration.duration("m.wait") == .seconds(90))
        #expect(try configuration.integer("m.bytes") == 16 << 20)
        #expect(try configuration.text("m.name") == "12")
        #expect(try configuration.text("m.path") == "/tmp/x")
    }

    @Test(
        "A wrong value is an error that names the parameter, what was expected and what was found",
        arguments: [
            ("m.flag", ModuleValue.text("yes")), ("m.flag", .integer(1)), ("m.count", .integer(0)),
            ("m.count", .integer(11)), ("m.count", .number(3)), ("m.count", .text("99999999999999999999")),
            ("m.share", .number(.nan)), ("m.share", .number(1.5)), ("m.word", .text("xml")), ("m.path", .text("")),
            ("m.path", .text("a\0b")), ("m.path", .integer(3)), ("m.wait", .text("5")), ("m.wait", .text("2h")),
            ("m.wait", .text("1s1")), ("m.wait", .text("99999999999999999d")), ("m.wait", .text("")),
            ("m.bytes", .text("1TB")), ("m.bytes", .text("-1")), ("m.bytes", .text("9999999999GiB")),
        ]
    )
    func wrongValue(name: String, value: ModuleValue) {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try make(["m.name": .text("x"), name: value])
        }
        #expect(error?.problems.map(\.parameter) == [name])
        #expect(error?.problems.first?.message.hasPrefix("expected ") == true)
    }

    @Test("All problems are found at once; an unknown name comes with the nearest known one")
    func allProblems() {
        let error = #expect(throws: ModuleConfigurationError.self) {
            _ = try make(["m.cuont": .integer(1), "zzz": .integer(1), "m.flag": .text("x")])
        }
        #expect(error?.problems.map(\.parameter) == ["m.cuont", "m.flag", "zzz", "m.name"])
        #expect(error?.problems.first?.message == "there is no such parameter; did you mean m.count?")
        #expect(error?.problems[2].message == "there is no such parameter")
    }

    @Test("Asking for what was not declared, or as another type, is an error")
    func misuse() throws {
        let configuration = try make(["m.name": .text("x")])
        #expect(throws: ModuleConfigurationError.self) { try configuration.text("m.other") }
        #expect(throws: ModuleConfigurationError.self) { try configuration.text("m.count") }
        #expect(throws: ModuleConfigurationError.self) { try configuration.bool("m.count") }
        #expect(throws: ModuleConfigurationError.self) {
            try configuration.required("m.share", configuration.number("m.share"))
        }
    }

    private func make(_ settings: [String: ModuleValue]) throws -> ModuleConfiguration {
        try ModuleConfiguration(parameters: Self.parameters, settings: settings)
    }
}
