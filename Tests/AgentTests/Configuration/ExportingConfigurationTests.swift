import Analysis
import Delivery
import ExportingModules
import Exposition
import Settings
import TestSupport
import Testing

@testable import Agent

/// `exporting:` and `analysis:` are read whole, and what is wrong in them is named with its place.
@Suite struct ExportingConfigurationTests {
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

    private func problems(_ text: String) throws -> [String] {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.good + text, to: "muster.yaml")
        return CheckCommand(configurationFile: file).problems().map { $0.replacing(folder.path + "/", with: "") }
    }

    private func read(_ text: String) throws -> (AgentConfiguration, folder: String) {
        let folder = try TemporaryFolder()
        let file = try folder.write(Self.good + text, to: "muster.yaml")
        return (try AgentConfiguration.read(file: file, kinds: try BuiltInKinds().kinds), folder.path)
    }

    @Test func aModuleIsReadWithItsFilterAndQueue() throws {
        let (configuration, folder) = try read(
            """
            name: agent-1
            exporting:
              series: "${agent}/run-${start}"
              drain: 2s
              modules:
              - name: lines
                match: {service: "orders-.*", metric: "pg_.*", labels: {env: prod}}
                queue: {type: disk, size: 2MiB, age: 1h, policy: block}
                file: {data: out.jsonl, format: json}
              - name: screen
                console: {alarm: true}
            """
        )
        let exporting = configuration.exporting
        #expect(exporting.seriesName(agent: "a", start: "s") == "a/run-s")
        #expect(exporting.drain == .seconds(2))
        #expect(exporting.modules.map(\.name) == ["lines", "screen"])
        let lines = try #require(exporting.modules.first)
        #expect(lines.kind == "file")
        #expect(lines.queue.isOnDisk)
        #expect(
            lines.queue.settings == QueueSettings(maximumBytes: 2 << 20, maximumAge: .seconds(3600), policy: .block)
        )
        #expect(lines.settings["file.data"] == .text(folder + "/out.jsonl"))
        #expect(lines.filter.matches(service: "orders-db", metric: "pg_up", labels: ["env": "prod"]))
        #expect(!lines.filter.matches(service: "orders-db", metric: "pg_up", labels: ["env": "test"]))
        #expect(!lines.filter.matches(service: "orders-db", metric: "up", labels: ["env": "prod"]))
        #expect(!lines.filter.matches(service: "other", metric: "pg_up", labels: ["env": "prod"]))
        #expect(try lines.makeModule(.standard).takes == .samples)
        let screen = try #require(exporting.modules.last)
        #expect(!screen.queue.isOnDisk)
        #expect(screen.queue.settings.maximumBytes <= 64 << 20)
    }

    @Test(arguments: [
        (
            "exporting: {modules: [{name: a, consle: {}}]}",
            "expected the kind of module: one of"
        ),
        (
            "exporting: {modules: [{name: a, console: {alarn: true}}]}",
            "unknown key; did you mean \"alarm\"?"
        ),
        (
            "exporting: {modules: [{name: a, console: {data: maybe}}]}",
            "muster.yaml:9:49: exporting.modules[0].console.data: console.data: expected true or false, found \"maybe\""
        ),
        (
            "exporting: {modules: [{name: a, console: {}, file: {data: x}}]}",
            "expected one kind of module, found console and file"
        ),
        (
            "exporting: {modules: [{name: ../a, console: {}}]}",
            "expected letters, digits, _, - and . (at most 64), found \"../a\""
        ),
        (
            "exporting: {modules: [{name: a, console: {}}, {name: a, console: {}}]}",
            "another module is called \"a\" too"
        ),
        (
            "exporting: {modules: [{name: a, console: {}, queue: {size: lots}}]}",
            "expected a size from 64KiB to 16TiB, found \"lots\""
        ),
        (
            "exporting: {modules: [{name: a, console: {}, queue: {policy: never}}]}",
            "exporting.modules[0].queue.policy: expected"
        ),
        (
            "exporting: {modules: [{name: a, console: {}, match: {metric: '('}}]}",
            "exporting.modules[0].match.metric"
        ),
        ("exporting: {series: '${host}'}", "expected only ${agent} and ${start}, found \"${host}\""),
        ("analysis: {spot: [{match: {metric: x}}]}", "the key \"name\" is missing"),
        ("analysis: {spot: [{name: a}]}", "match is missing; expected at least one of metric, service, labels"),
        ("analysis: {spot: [{name: a, match: {}}]}", "expected at least one of metric, service, labels"),
        ("analysis: {spot: [{name: a, match: {metric: x}, q: 2}]}", "analysis.spot[0].q: expected"),
        ("analysis: {spot: [{name: a, match: {metric: x}, q: 0.1}]}", "q"),
        ("analysis: {spot: [{name: a, match: {metric: x}, dept: 3}]}", "did you mean \"depth\"?"),
        ("analysis: {spot: [{name: a, match: {metric: x}, transform: log}]}", "analysis.spot[0].transform: expected"),
        ("analysis: {detectors: 0}", "analysis.detectors: expected"),
    ])
    func aMistakeIsNamed(_ text: String, _ expected: String) throws {
        let problems = try problems(text)
        #expect(problems.contains { $0.contains(expected) }, "\(problems)")
        #expect(problems.allSatisfy { $0.hasPrefix("muster.yaml:9:") }, "\(problems)")
    }

    @Test func aSelectionIsReadWithNetspotsNames() throws {
        let (configuration, _) = try read(
            """
            analysis:
              detectors: 7
              evict_after: 2h
              history: 9
              spot:
              - name: connections
                match: {metric: pg_.*, service: db-.*, labels: {state: active}}
                transform: rate
                baseline: hour_of_week
                resolve_after: 1m
                lost_after: 10m
                longest_gap: 2m
                depth: 10
                q: 0.001
                n_init: 500
                level: 0.95
                down: true
                max_excess: 100
                policy: discard
            """
        )
        let analysis = configuration.analysis
        #expect(analysis.detectors == 7)
        #expect(analysis.evictAfter == .seconds(7200))
        #expect(analysis.history == 9)
        let selection = try #require(analysis.selections.first)
        #expect(selection.metric?("pg_up") == true)
        #expect(selection.metric?("xpg_up") == false)
        #expect(selection.service?("db-1") == true)
        #expect(selection.labels["state"]?("idle") == false)
        #expect(selection.transform == .rate)
        #expect(selection.baseline == .hourOfWeek)
        #expect(selection.resolveAfter == 60_000)
        #expect(selection.lostAfter == 600_000)
        #expect(selection.longestGap == 120_000)
        #expect(selection.parameters.depth == 10)
        #expect(selection.parameters.q == 0.001)
        #expect(selection.parameters.initialCount == 500)
        #expect(selection.parameters.level == 0.95)
        #expect(selection.parameters.up)
        #expect(selection.parameters.down)
        #expect(selection.parameters.maxExcess == 100)
        #expect(selection.parameters.policy == .discard)
    }

    @Test func includedFilesAddModulesAndSelections() throws {
        let folder = try TemporaryFolder()
        try folder.makeFolder("more")
        try folder.write(
            """
            exporting:
              modules:
              - name: lines
                file: {data: out.jsonl}
            analysis:
              spot:
              - {name: all, match: {metric: ".*"}}
            """,
            to: "more/one.yaml"
        )
        let file = try folder.write(Self.good + "include: more/*.yaml\n", to: "muster.yaml")
        let configuration = try AgentConfiguration.read(file: file, kinds: try BuiltInKinds().kinds)
        #expect(configuration.exporting.modules.map(\.name) == ["lines"])
        #expect(
            configuration.exporting.modules.first?.settings["file.data"] == .text(folder.path + "/more/out.jsonl")
        )
        #expect(configuration.analysis.selections.map(\.name) == ["all"])
    }
}
