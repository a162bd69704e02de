import Discovery
import Settings
import TestSupport
import Testing

@testable import Agent

@Suite struct IncludeTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.makeFolder("parts")
        try folder.write("named: {one: SELECT 1}\nqueries: []\n", to: "parts/q.yaml")
    }

    private func read(_ text: String) throws -> AgentConfiguration {
        try AgentConfiguration.read(
            file: try folder.write(text, to: "muster.yaml"),
            kinds: try BuiltInKinds().kinds
        )
    }

    private func problems(_ text: String) throws -> [String] {
        do {
            _ = try read(text)
            return []
        } catch let error as SettingsError {
            return error.problems.map { $0.description.replacing(folder.path + "/", with: "") }
        }
    }

    @Test func includedFilesAddSourcesAndTemplatesWithTheirOwnPaths() throws {
        try folder.write(
            """
            discovery:
              sources:
              - name: second
                file: {paths: [more.yaml]}
            exporters:
            - name: lite
              match: {tags: [sqlite]}
              sqlite: {queries: [q.yaml]}
            """,
            to: "parts/a.yaml"
        )
        try folder.write("exporters:\n- name: b\n  match: {tags: [b]}\n  host: {}\n", to: "parts/b.yaml")
        let configuration = try read("include: [parts/a.yaml, 'parts/b*.yaml']")
        #expect(configuration.discovery.sources.map(\.name) == ["second"])
        #expect(configuration.templates.map(\.template.name) == ["lite", "b"])
        #expect(configuration.templates.first?.directory == folder.path("parts"))
    }

    @Test func sourcesOfIncludedFilesReadFilesBesideThem() async throws {
        try folder.write("discovery: {sources: [{name: s, file: more.yaml}]}", to: "parts/a.yaml")
        try folder.write("discovery: {sources: [{name: s, file: {paths: [more.yaml]}}]}", to: "parts/a.yaml")
        try folder.write("services: [{name: far, address: 10.0.0.1}]", to: "parts/more.yaml")
        let configuration = try read("include: parts/a.yaml\nexporters: []")
        let source = try #require(configuration.discovery.sources.first)
        #expect(try await source.makeSource().services().services.map(\.name) == ["far"])
    }

    @Test func mistakesInIncludedFilesNameThatFile() throws {
        try folder.write("discovery: {intervall: 5s}\nweb: {}\nexporters: [{name: x}]", to: "parts/a.yaml")
        let problems = try problems("include: parts/*.yaml\ndiscovery: {sources: [{name: s, file: {paths: [s]}}]}")
        #expect(
            problems.contains { $0.hasPrefix("parts/a.yaml:1:13: discovery.intervall: unknown key") },
            "\(problems)"
        )
        #expect(problems.contains { $0.hasPrefix("parts/a.yaml:2:1: web: unknown key") }, "\(problems)")
        #expect(problems.contains { $0.hasPrefix("parts/a.yaml:3:13: exporters[0]: ") }, "\(problems)")
    }

    @Test func namesMustDifferAcrossFiles() throws {
        let part = """
            discovery: {sources: [{name: s, file: {paths: [s]}}]}
            exporters: [{name: x, match: {tags: [x]}, host: {}}]
            """
        try folder.write(part, to: "parts/a.yaml")
        try folder.write(part, to: "parts/b.yaml")
        let problems = try problems("include: [parts/a.yaml, parts/b.yaml]")
        #expect(problems.count == 2)
        #expect(problems.allSatisfy { $0.hasPrefix("parts/b.yaml:") && $0.hasSuffix("too") }, "\(problems)")
    }

    @Test func aFileThatIsBrokenIsNamedAndTheOthersAreStillRead() throws {
        try folder.write("exporters: [", to: "parts/a.yaml")
        try folder.write("exporters: [{name: x}]", to: "parts/b.yaml")
        let problems = try problems("include: [parts/a.yaml, parts/b.yaml]")
        #expect(problems.contains { $0.hasPrefix("parts/a.yaml:") }, "\(problems)")
        #expect(problems.contains { $0.hasPrefix("parts/b.yaml:") }, "\(problems)")
    }

    @Test func aPatternThatMatchesNothingIsNoMistakeButAPathIs() throws {
        let rest = "\ndiscovery: {sources: [{name: s, file: {paths: [s]}}]}"
        #expect(try problems("include: ['conf.d/*.yaml']" + rest) == [])
        #expect(try problems("include: [conf.d/x.yaml]" + rest).count == 1)
    }

    @Test func aFolderWithPatternCharactersInItsNameIsTakenAsItIs() throws {
        try folder.makeFolder("odd[1]")
        try folder.write("exporters: [{name: x, match: {tags: [x]}, host: {}}]", to: "odd[1]/part.yaml")
        let file = try folder.write(
            "include: part.yaml\ndiscovery: {sources: [{name: s, file: {paths: [s]}}]}",
            to: "odd[1]/muster.yaml"
        )
        let configuration = try AgentConfiguration.read(file: file, kinds: try BuiltInKinds().kinds)
        #expect(configuration.templates.map(\.template.name) == ["x"])
    }
}
