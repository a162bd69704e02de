import ExporterKinds
import Settings
import TestSupport
import Testing

@testable import Agent

@Suite struct TemplateContextTests {
    private func prepare(_ text: String, secretKeys: String = "postgres") throws -> (SettingsNode, [String]) {
        let kinds = try BuiltInKinds().kinds
        let kind = try #require(kinds.first { $0.name == secretKeys })
        let context = TemplateContext(kinds: kinds, directory: "/etc/muster", variables: ["name": "me", "state": "/s"])
        let problems = ProblemList()
        let node = try SettingsDocument.parse(text, file: "t.yaml")
        return (context.prepare(node, kind: kind, problems: problems), problems.problems.map(\.description))
    }

    @Test(arguments: [
        ("${agent.name}", "me"),
        ("a-${agent.name}-${agent.state}/x", "a-me-/s/x"),
        ("${option.database:-${agent.state}/state.db}", "${option.database:-/s/state.db}"),
        ("${service.name}", "${service.name}"),
        ("$${agent.name}", "$${agent.name}"),
        ("$$${agent.name}", "$$${agent.name}"),
        ("${agent.name", "${agent.name"),
    ])
    func variablesOfTheAgentAreReplacedAndNothingElse(_ text: String, _ expected: String) throws {
        let (node, problems) = try prepare("x: '\(text)'")
        #expect(node["x"]?.text == expected)
        #expect(problems == [])
    }

    @Test func anUnknownVariableIsNamedWithItsPlace() throws {
        let (_, problems) = try prepare("x: '${agent.nmae}'")
        #expect(problems == ["t.yaml:1:4: x: \"agent.nmae\" is not known; known are agent.name, agent.state"])
    }

    @Test func filesOfSecretsAreBesideTheFileThatNamesThem() throws {
        let (node, _) = try prepare("postgres: {password: {file: pw}, user: {file: pw}}")
        #expect(node["postgres"]?["password"]?["file"]?.text == "/etc/muster/pw")
        #expect(node["postgres"]?["user"]?["file"]?.text == "pw")
    }
}
