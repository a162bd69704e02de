import Settings
import TestSupport
import Testing

@testable import Agent

/// What is wrong is named with its place, its path and what was expected.
@Suite struct ConfigurationErrorTests {
    private static let good = """
        discovery:
          sources:
          - name: local
            file: {paths: [services.yaml]}
        exporters:
        - name: machine
          match: {tags: [host]}
          host: {}
        """

    /// The problems of a configuration, without the folder's name.
    private func problems(_ text: String, files: [String: String] = [:]) throws -> [String] {
        let folder = try TemporaryFolder()
        for (name, text) in files {
            if let slash = name.lastIndex(of: "/") { try folder.makeFolder(String(name[..<slash])) }
            try folder.write(text, to: name)
        }
        let file = try folder.write(text, to: "muster.yaml")
        return CheckCommand(configurationFile: file).problems().map { $0.replacing(folder.path + "/", with: "") }
    }

    @Test func aGoodConfigurationHasNoProblems() throws {
        #expect(try problems(Self.good) == [])
    }

    @Test(arguments: [
        ("nam: x", "muster.yaml:9:1: nam: unknown key; did you mean \"name\"?"),
        ("web: {listn: ':1'}", "muster.yaml:9:7: web.listn: unknown key; did you mean \"listen\"?"),
        ("web: {listen: nowhere}", "muster.yaml:9:15: web.listen: expected HOST:PORT, found \"nowhere\""),
        ("web: {listen: '1.2.3.4:99999'}", "muster.yaml:9:15: web.listen: expected HOST:PORT, found \"1.2.3.4:99999\""),
        ("web: {listen: '::1:80'}", "muster.yaml:9:15: web.listen: expected HOST:PORT, found \"::1:80\""),
        ("web: []", "muster.yaml:9:6: web: expected a mapping, found a list"),
        (
            "web: {max_connections: 0}",
            "muster.yaml:9:24: web.max_connections: expected an integer from 1 to 100000, found \"0\""
        ),
        (
            "web: {idle_timeout: 5}",
            "muster.yaml:9:21: web.idle_timeout: expected a duration such as 15s or 1m30s from 1s to 1h, found \"5\""
        ),
        ("state: {directry: x}", "muster.yaml:9:9: state.directry: unknown key; did you mean \"directory\"?"),
        (
            "state: {history: {event: 5}}",
            "muster.yaml:9:19: state.history.event: unknown key; did you mean \"events\"?"
        ),
        (
            "state: {history: {events: 5}}",
            "muster.yaml:9:27: state.history.events: expected an integer from 100 to 10000000, found \"5\""
        ),
        (
            "collection: {setup: 5}",
            "muster.yaml:9:14: collection.setup: unknown key; did you mean \"setups\"?"
        ),
        (
            "collection: {concurrency: many}",
            "muster.yaml:9:27: collection.concurrency: expected an integer from 1 to 10000, found \"many\""
        ),
        ("include: missing.yaml", "missing.yaml does not exist"),
    ])
    func aMistakeAtTheTopIsNamed(_ line: String, _ expected: String) throws {
        let problems = try problems(Self.good + "\n" + line)
        #expect(problems.count == 1)
        #expect(problems.first?.hasSuffix(expected) == true, "\(problems)")
    }

    @Test(arguments: [
        ("intervall: 5s", "discovery.intervall: unknown key; did you mean \"interval\"?"),
        ("interval: soon", "discovery.interval: expected a duration such as 15s or 1m30s from 100ms to 1d, found"),
        ("interval: 0", "discovery.interval: expected a duration such as 15s or 1m30s from 100ms to 1d, found"),
        ("max_removal: 1.5", "discovery.max_removal: expected a number from 0.0 to 1.0, found"),
        ("hold: [1s]", "discovery.hold: expected a duration such as 15s or 1m30s from 0s to 1d, found a list"),
    ])
    func aMistakeInDiscoveryIsNamed(_ line: String, _ expected: String) throws {
        let problems = try problems("discovery:\n  \(line)\n" + Self.good.dropFirst("discovery:\n".count))
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix("muster.yaml:2:") == true)
        #expect(problems.first?.contains(expected) == true, "\(problems)")
    }

    @Test(arguments: [
        ("name: local\n    file: {paths: [x]}", ["another source is called \"local\" too"]),
        ("file: {paths: [x]}", ["the key \"name\" is missing"]),
        ("name: x", ["expected the kind of source: file"]),
        ("name: x\n    file: {path: [x]}", ["unknown key; did you mean \"paths\"?", "the key \"paths\" is missing"]),
        ("name: x\n    file: {paths: []}", ["expected at least one path, and no empty one"]),
        ("name: x\n    consul: {}", ["unknown key", "expected the kind of source: file"]),
        ("name: ''\n    file: {paths: [x]}", ["must not be empty"]),
    ])
    func aMistakeInASourceIsNamed(_ lines: String, _ expected: [String]) throws {
        let text = Self.good.replacing("exporters:", with: "  - \(lines)\nexporters:")
        let problems = try problems(text)
        #expect(problems.count == expected.count, "\(problems)")
        for part in expected {
            #expect(problems.contains { $0.contains("discovery.sources[1]") && $0.contains(part) }, "\(problems)")
        }
    }

    @Test(arguments: [
        ("match: {tags: [x]}\n  host: {}", ["the key \"name\" is missing"]),
        ("name: x\n  host: {}", ["the key \"match\" is missing"]),
        ("name: x\n  match: {}\n  host: {}", ["expected at least one of name, tags, labels, metadata"]),
        ("name: x\n  match: {tag: [x]}\n  host: {}", ["exporters[1].match.tag: unknown key; did you mean \"tags\"?"]),
        ("name: x\n  match: {name: '('}\n  host: {}", ["exporters[1].match.name"]),
        ("name: x\n  match: {tags: [x]}", ["expected the kind of exporter: one of host, postgres, sqlite"]),
        (
            "name: x\n  match: {tags: [x]}\n  hots: {}",
            ["unknown key; did you mean \"host\"?", "expected the kind of exporter"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  host: {}\n  sqlite: {}",
            ["expected one kind of exporter, found host and sqlite"]
        ),
        ("name: machine\n  match: {tags: [x]}\n  host: {}", ["another template is called \"machine\" too"]),
        (
            "name: x\n  match: {tags: [x]}\n  interval: 5s\n  timeout: 6s\n  host: {}",
            ["exporters[1].timeout: timeout must be more than 0 and at most the interval"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  interval: 5s\n  stale_after: 1s\n  host: {}",
            ["exporters[1].stale_after: "]
        ),
        ("name: x\n  match: {tags: [x]}\n  interval: 5 s\n  host: {}", ["exporters[1].interval: expected a duration"]),
        (
            "name: x\n  match: {tags: [x]}\n  sample_limit: 0\n  host: {}",
            ["exporters[1].sample_limit: expected an integer"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  host: {collectors: [lodavg]}",
            ["exporters[1].host.collectors[0]: expected the name of a collector"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  postgres: {sslmod: prefer}",
            ["exporters[1].postgres.sslmod: unknown key; did you mean \"sslmode\"?"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  sqlite: {queries: [missing.yaml]}",
            ["missing.yaml"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  labels: {9a: b}\n  host: {}",
            ["is no label name"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  labels: {a: '${agent.nam}'}\n  host: {}",
            ["exporters[1].labels.a: \"agent.nam\" is not known; known are agent.name, agent.state"]
        ),
        (
            "name: x\n  match: {tags: [x]}\n  labels: {a: '${services.name}'}\n  host: {}",
            ["exporters[1].labels.a: "]
        ),
        ("just a text", ["exporters[1]: expected a mapping"]),
    ])
    func aMistakeInATemplateIsNamed(_ lines: String, _ expected: [String]) throws {
        let problems = try problems(Self.good + "\n- \(lines)")
        for part in expected {
            #expect(problems.contains { $0.contains(part) }, "\(problems)")
        }
        for problem in problems {
            #expect(problem.contains(#/^(muster|missing)\.yaml:\d+:\d+: /#), "\(problem)")
        }
    }

    @Test func aTemplateThatIsNoMappingIsNamedOnce() throws {
        #expect(try problems(Self.good + "\n- just a text").count == 1)
    }

    @Test func allMistakesAreNamedAtOnce() throws {
        let problems = try problems(
            """
            webb: {}
            discovery:
              interval: never
              sources:
              - name: local
                file: {paths: [services.yaml], watch: true}
            exporters:
            - name: machine
              match: {tags: [host]}
              host: {rot: /}
            - match: {tags: [x]}
              sqlite: {max_rows: -1}
            """
        )
        let expected = ["webb", "discovery.interval", "file.watch", "host.rot", "exporters[1]", "max_rows"]
        for part in expected {
            #expect(problems.contains { $0.contains(part) }, "\(part) is not in \(problems)")
        }
    }

    @Test func whatIsMissingAltogetherIsNamed() throws {
        #expect(
            try problems("") == [
                "muster.yaml:1:1: no source is configured: discovery.sources is empty",
                "muster.yaml:1:1: no exporter template is configured: exporters is missing",
            ]
        )
    }

    @Test func aFileThatIsNotThereIsOneLine() throws {
        let folder = try TemporaryFolder()
        let problems = CheckCommand(configurationFile: folder.path("none.yaml")).problems()
        #expect(problems.count == 1)
        #expect(problems.first?.hasPrefix(folder.path("none.yaml")) == true)
        #expect(problems.first?.contains("\n") == false)
    }

    @Test(arguments: ["a: [", "\u{0}", "%YAML 9.9", "- a", "just a text", "a: *b", "{{{{"])
    func whatIsNoConfigurationIsRefusedWithItsPlace(_ text: String) throws {
        let problems = try problems(text)
        #expect(!problems.isEmpty)
        for problem in problems { #expect(problem.contains(#/^muster\.yaml:\d+:\d+: /#), "\(problem)") }
    }
}
