import ExporterKinds
import ExporterKit
import Logging
import Settings
import TestSupport
import Testing
import Transport

@testable import PostgresExporter

@Suite struct PostgresKindTests {
    private let query = """
        queries:
        - {name: one, query: SELECT 1 AS x, metrics: [{name: one, kind: gauge, value: x}]}

        """

    private func kind() throws -> PostgresKind {
        let pool = BlockingPool()
        return PostgresKind(reactor: try Reactor(), resolver: HostResolver(pool: pool), pool: pool)
    }

    private func problems(_ kind: PostgresKind, _ yaml: String, _ folder: String) throws -> [String] {
        let list = ProblemList()
        let node = try SettingsDocument.parse(yaml, file: "muster.yaml")
        kind.check(node, directory: folder, acceptsTemplates: true, problems: list)
        return list.problems.map(\.description)
    }

    @Test func whatServicesMayChooseDoesNotLeadThePasswordElsewhere() throws {
        let kind = try kind()
        #expect(kind.name == "postgres")
        #expect(kind.overridableKeys.isSuperset(of: ["user", "password", "database", "sslmode", "pipeline"]))
        #expect(!kind.overridableKeys.contains("host"))
        #expect(!kind.overridableKeys.contains("queries"))
        #expect(kind.secretKeys == ["password"])
    }

    @Test func problemsOfQueryFilesAreFoundWithTheirPlace() throws {
        let folder = try TemporaryFolder()
        try folder.write(query, to: "good.yaml")
        try folder.write("queries:\n- {name: bad, query: SELECT 1, metric: []}\n", to: "bad.yaml")
        let kind = try kind()
        #expect(try problems(kind, "queries: [good.yaml]", folder.path) == [])
        let found = try problems(kind, "queries: [good.yaml, bad.yaml, none.yaml]", folder.path)
        #expect(found.contains { $0.hasPrefix("\(folder.path)/bad.yaml:2:") })
        #expect(found.contains { $0.contains("none.yaml") && $0.contains("cannot be read") })
    }

    @Test func aQueryNameMayStandInOneFileOnly() throws {
        let folder = try TemporaryFolder()
        try folder.write(query, to: "a.yaml")
        try folder.write(query, to: "b.yaml")
        let kind = try kind()
        #expect(try problems(kind, "queries: [a.yaml, a.yaml]", folder.path) == [])
        let found = try problems(kind, "queries: [a.yaml, b.yaml]", folder.path)
        #expect(found.count == 1)
        #expect(found.first?.contains("\"one\" is in \(folder.path)/a.yaml") == true)
    }

    @Test func theFingerprintFollowsTheContentOfTheFiles() throws {
        let folder = try TemporaryFolder()
        try folder.write(query, to: "a.yaml")
        let kind = try kind()
        let node = try SettingsDocument.parse("queries: [a.yaml]", file: "muster.yaml")
        let first = kind.fingerprint(node, directory: folder.path)
        #expect(first == kind.fingerprint(node, directory: folder.path))
        try folder.write(query + "# changed\n", to: "a.yaml")
        let second = kind.fingerprint(node, directory: folder.path)
        #expect(second != first)
        try folder.write(query, to: "a.yaml")
        #expect(kind.fingerprint(node, directory: folder.path) == first)
        let missing = try SettingsDocument.parse("queries: [b.yaml]", file: "muster.yaml")
        #expect(kind.fingerprint(missing, directory: folder.path) != first)
    }

    @Test func anExporterNeedsRightSettings() throws {
        let folder = try TemporaryFolder()
        try folder.write(query, to: "a.yaml")
        let kind = try kind()
        func make(_ yaml: String) throws -> any Sendable {
            try kind.makeExporter(
                ExporterContext(
                    service: "s",
                    address: "10.0.0.5",
                    port: 5432,
                    settings: try SettingsDocument.parse(yaml, file: "muster.yaml"),
                    interval: .seconds(15),
                    timeout: .seconds(10),
                    directory: folder.path,
                    logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
                )
            )
        }
        let exporter = try #require(try make("queries: [a.yaml]") as? PostgresExporter)
        #expect(exporter.collectors.map(\.name) == ["queries-15s"])
        #expect(throws: SettingsError.self) { try make("queries: [none.yaml]") }
        #expect(throws: SettingsError.self) { try make("{queries: [a.yaml], sslmode: on}") }
    }
}
