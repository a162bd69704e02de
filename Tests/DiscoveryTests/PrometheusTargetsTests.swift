import Settings
import Testing

@testable import Discovery

struct PrometheusTargetsTests {
    private func parse(_ text: String) throws -> ServiceFile {
        try ServiceFile.parse(text, file: "/etc/sd/nodes.prod.json")
    }

    @Test func `target groups become services named after their job`() throws {
        let file = try parse(
            """
            [
              {"targets": ["localhost:9090", "[2001:db8::1]:443"],
               "labels": {"job": "web", "env": "prod", "__meta_dc": "eu", "__scheme__": "https"}},
              {"targets": ["my.domain"], "labels": {"service": "mine"}},
              {"targets": ["bare:1"]}
            ]
            """
        )
        #expect(file.problems == [])
        #expect(
            file.services.map(\.description) == [
                "web@localhost:9090", "web@[2001:db8::1]:443", "mine@my.domain", "nodes.prod@bare:1",
            ]
        )
        #expect(file.services[0].labels == ["job": "web", "env": "prod"])
        #expect(file.services[0].metadata == ["__meta_dc": "eu", "__scheme__": "https"])
        #expect(file.services[2].port == nil)
    }

    @Test func `the same in YAML is the same`() throws {
        let file = try parse(
            "- targets: ['example.org:443']\n  labels:\n    foo: bar\n- labels: {foo: bar}\n  targets:\n  - my.domain\n"
        )
        #expect(file.services.map(\.description) == ["nodes.prod@example.org:443", "nodes.prod@my.domain"])
        #expect(file.services.allSatisfy { $0.labels == ["foo": "bar"] })
    }

    @Test func `a bad target costs that target`() throws {
        let file = try parse("[{targets: ['a:1', 'b:x', ['c'], 'd:2']}]")
        #expect(file.services.map(\.address) == ["a", "d"])
        #expect(file.problems.map(\.entry) == ["b:x", "nodes.prod"])
        #expect(file.problems.first?.position?.column == 20)
    }

    @Test(
        arguments: [
            ("{targets: [x], labels: {1a: b}}", "\"1a\" is no label name; expected letters, digits and underscores"),
            ("{target: [x]}", "the key \"targets\" is missing"),
            ("{targets: [x], lables: {}}", "unknown key; did you mean \"labels\"?"),
            ("{targets: x}", "expected a list, found \"x\""),
            ("{targets: [x], labels: [a]}", "expected a mapping of strings, found a list"),
            ("plain", "expected a mapping, found \"plain\""),
        ]
    )
    func `a bad group costs that group`(group: String, reason: String) throws {
        let file = try parse("[{targets: [a]}, \(group), {targets: [b]}]")
        #expect(file.services.map(\.address) == ["a", "b"])
        #expect(file.problems.first?.reason == reason)
    }
}
