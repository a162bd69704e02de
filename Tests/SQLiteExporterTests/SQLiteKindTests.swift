import ExporterKinds
import Foundation
import Logging
import QueryFiles
import SQLiteExporter
import Settings
import Testing

@Suite struct SQLiteKindTests {
    private func problems(_ block: String, _ folder: Folder, acceptsTemplates: Bool = false) throws -> [String] {
        let problems = ProblemList()
        SQLiteKind().check(
            try SettingsDocument.parse(block, file: "muster.yaml"),
            directory: folder.path,
            acceptsTemplates: acceptsTemplates,
            problems: problems
        )
        return problems.problems.map(\.description)
    }

    @Test func aServiceMayChooseItsFileButNotItsQueries() {
        #expect(SQLiteKind().name == "sqlite")
        #expect(SQLiteKind().overridableKeys == ["database", "timeout"])
        #expect(SQLiteKind().secretKeys == [])
    }

    @Test func everythingThatIsWrongIsNamed() throws {
        let folder = try Folder()
        try folder.write(
            "queries: [{name: q, query: SELECT 1, metrics: [{name: m, kind: gouge, value: v}]}]",
            to: "q.yaml"
        )
        let found = try problems(
            "databse: x\nqueries: [q.yaml, r.yaml]\ntimeout: 5\nimmutable: maybe\nmax_rows: 0",
            folder
        )
        #expect(
            found
                == [
                    "muster.yaml:3:10: timeout: expected a duration such as 15s or 1m30s from 1ms to 1h, found \"5\"",
                    "muster.yaml:4:12: immutable: expected true or false, found \"maybe\"",
                    "muster.yaml:5:11: max_rows: expected an integer from 1 to 1000000, found \"0\"",
                    "\(folder.file("q.yaml")):1:64: queries[0].metrics[0].kind: expected one of counter, gauge, unknown, untyped, "
                        + "info, histogram, found \"gouge\"; did you mean \"gauge\"?",
                    "muster.yaml:2:19: queries[1]: \(folder.file("r.yaml")) cannot be read: No such file or directory",
                    "muster.yaml:1:1: databse: unknown key; did you mean \"database\"?",
                ]
        )
        #expect(try problems("database: x", folder) == ["muster.yaml:1:1: the key \"queries\" is missing"])
        #expect(try problems("3", folder).first == "muster.yaml:1:1: expected a mapping, found \"3\"")
    }

    @Test func templatesPassBeforeTheyAreRendered() throws {
        let folder = try Folder()
        let block = "database: \"${option.db}\"\nqueries: [\"${label.team}.yaml\"]\ntimeout: \"${option.timeout}\""
        #expect(try problems(block, folder, acceptsTemplates: true) == [])
    }

    @Test func aServiceWithoutAnAddressNeedsADatabase() throws {
        let folder = try Folder()
        let error = #expect(throws: SettingsError.self) { try makeExporter(folder, address: "") }
        #expect(error?.description == "muster.yaml:1:1: needs \"database\", since the service has no address")
    }

    @Test func theFingerprintFollowsTheQueryFiles() throws {
        let folder = try Folder()
        let kind = SQLiteKind()
        let settings = try SettingsDocument.parse("queries: [q.yaml]", file: "muster.yaml")
        try folder.write("queries: []", to: "q.yaml")
        let first = kind.fingerprint(settings, directory: folder.path)
        #expect(kind.fingerprint(settings, directory: folder.path) == first)
        try folder.write("queries: [ ]", to: "q.yaml")
        #expect(kind.fingerprint(settings, directory: folder.path) != first)
        #expect(kind.fingerprint(try SettingsDocument.parse("", file: "x"), directory: "") == "")
    }
}
