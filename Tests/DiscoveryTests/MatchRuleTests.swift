import Settings
import Testing

@testable import Discovery

struct MatchRuleTests {
    private func rule(_ text: String) throws -> MatchRule {
        let problems = ProblemList()
        let rule = MatchRule(node: try SettingsDocument.parse(text, file: "m"), problems: problems)
        try problems.throwIfAny()
        return rule
    }

    private let service = Service(
        name: "orders-db",
        address: "x",
        tags: ["postgres", "primary"],
        labels: ["env": "prod"],
        metadata: ["dc": "eu-1"]
    )

    @Test(
        arguments: [
            "{}", "~", "{name: 'orders-.*'}", "{tags: [postgres]}", "{tags: postgres}", "{tags: [primary, postgres]}",
            "{labels: {env: 'prod|staging'}}", "{metadata: {dc: 'eu-\\d'}}", "{labels: {none: ''}}",
            "{labels: {none: '.*'}}",
            "{name: '.*', tags: [primary], labels: {env: p.+}, metadata: {dc: .+}}",
        ]
    )
    func `a rule matches when all conditions hold`(text: String) throws {
        #expect(try rule(text).matches(service))
    }

    @Test(
        arguments: [
            ("{name: orders}", "its name does not match \"orders\""), ("{tags: [mysql]}", "it has no tag \"mysql\""),
            ("{tags: [Postgres]}", "it has no tag \"Postgres\""),
            ("{labels: {env: pro}}", "label \"env\" is \"prod\", expected to match \"pro\""),
            ("{labels: {none: .+}}", "label \"none\" is missing, expected to match \".+\""),
            ("{metadata: {dc: us}}", "metadata \"dc\" is \"eu-1\", expected to match \"us\""),
            ("{tags: [mysql], labels: {a: b, env: c}}", "it has no tag \"mysql\", and 2 more"),
        ]
    )
    func `a rule that does not match says which condition failed on what`(text: String, reason: String) throws {
        #expect(try rule(text).mismatch(with: service)?.reason == reason)
    }

    @Test func `conditions are named in an order that does not change`() throws {
        let labels = Dictionary(uniqueKeysWithValues: try (0..<20).map { ("l\($0)", try Pattern("x")) })
        for _ in 0..<10 {
            let reason = MatchRule(labels: labels).mismatch(with: service)?.reason
            #expect(reason?.hasPrefix("label \"l0\" is missing") == true)
        }
    }

    @Test func `a wrong rule is named`() throws {
        let problems = ProblemList()
        _ = MatchRule(
            node: try SettingsDocument.parse("{tag: [a], name: '(', labels: [b]}", file: "m"),
            problems: problems
        )
        #expect(problems.problems.count == 3)
    }
}
