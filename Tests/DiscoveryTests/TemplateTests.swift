import TestSupport
import Testing

@testable import Discovery

struct TemplateTests {
    private let service = Service(
        name: "orders",
        address: "10.0.0.5",
        port: 5432,
        tags: ["primary"],
        labels: ["env": "prod", "empty": ""],
        options: ["db": "app", "evil": "${label.env}"],
        metadata: ["__meta_dc": "eu"]
    )

    @Test(
        arguments: [
            ("plain", "plain"), ("", ""), ("${service.name}", "orders"),
            ("${service.address}:${service.port}", "10.0.0.5:5432"),
            ("${service.source}", "src"), ("a-${label.env}-b", "a-prod-b"), ("${option.db}", "app"),
            ("${metadata.__meta_dc}", "eu"), ("${tag.primary}${tag.other}", "truefalse"), ("${label.empty}", ""),
            ("${label.empty:-x}", "x"), ("${option.none:-postgres}", "postgres"), ("${option.none:-}", ""),
            ("${option.none:-a:-b}", "a:-b"), ("$${label.env}", "${label.env}"), ("$$", "$$"),
            ("5$ ${label.env}$", "5$ prod$"),
            ("$$${label.env}", "$${label.env}"), ("${option.evil}", "${label.env}"), ("}{", "}{"),
        ]
    )
    func `a template renders`(text: String, expected: String) throws {
        #expect(try Template(text).render(service, source: "src") == expected)
    }

    @Test(
        arguments: [
            ("a${", 1, "\"${\" without \"}\""), ("${label.a} ${x", 11, "\"${\" without \"}\""),
            ("${}", 0, "unknown value \"\""),
            ("${foo.bar}", 0, "unknown value \"foo.bar\""), ("${service.nam}", 0, "unknown value \"service.nam\""),
            ("${label.}", 0, "nothing after \"label.\""), ("${label}", 0, "unknown value \"label\""),
            ("${label.a:-${label.b}}", 0, "a default cannot contain"),
        ]
    )
    func `what is no template is refused with its place`(text: String, offset: Int, message: String) {
        let error = #expect(throws: TemplateError.self) { try Template(text) }
        #expect(error?.offset == offset)
        #expect(error?.message.hasPrefix(message) == true, "\(String(describing: error))")
    }

    @Test func `a missing value without a default is an error that names it`() throws {
        let error = #expect(throws: TemplateError.self) { try Template("x ${label.team}").render(service) }
        #expect(error?.message == "the service has no label.team, and \"${label.team}\" has no default")
        let portless = Service(name: "a", address: "b")
        #expect(throws: TemplateError.self) { try Template("${service.port}").render(portless) }
    }

    @Test func `what it renders to is bounded`() throws {
        let long = Service(name: String(repeating: "n", count: 1000), address: "b")
        let text = String(repeating: "${service.name}", count: 66)
        #expect(throws: TemplateError.self) { try Template(text).render(long) }
        #expect(throws: Never.self) { try Template(String(repeating: "${service.name}", count: 65)).render(long) }
    }

    @Test func `it knows what it uses`() throws {
        #expect(try Template("${option.a} ${option.b:-x} ${label.c}").options == ["a", "b"])
        #expect(try Template("a$${b").isLiteral)
        #expect(try !Template("${service.name}").isLiteral)
    }

    @Test func `random texts never trap`() {
        var generator = SeededGenerator(seed: 3)
        let pieces = ["$", "{", "}", "$$", "${", "label.", "env", ":-", "service.name", "é", " "]
        for _ in 0..<20_000 {
            let text = (0..<Int.random(in: 0..<10, using: &generator))
                .map { _ in pieces.randomElement(using: &generator) ?? "" }.joined()
            _ = try? Template(text).render(service)
        }
    }
}
