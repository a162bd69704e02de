import Foundation
import QueryFiles
import Settings
import Testing

@Suite struct QueryLibraryTests {
    private func withFolder(_ body: (String) throws -> Void) throws {
        let folder = NSTemporaryDirectory() + "query-library-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body(folder)
    }

    private func write(_ query: String, to path: String) throws {
        let text = "queries: [{name: \(query), query: SELECT 1, metrics: [{name: m, kind: gauge, value: v}]}]\n"
        try text.write(toFile: path, atomically: true, encoding: .utf8)
    }

    private func node(_ text: String) throws -> SettingsNode {
        try SettingsDocument.parse(text, file: "muster.yaml")
    }

    @Test func relativePathsAreRelativeToTheFolder() throws {
        try withFolder { folder in
            try write("a", to: folder + "/a.yaml")
            let problems = ProblemList()
            let library = QueryLibrary(defaultPrefix: "x")
            #expect(library.load(try node("[a.yaml]"), directory: folder, problems: problems).map(\.name) == ["a"])
            #expect(library.load(try node("a.yaml"), directory: folder, problems: problems).map(\.name) == ["a"])
            #expect(problems.isEmpty)
        }
    }

    @Test func aChangedFileIsReadAgainAndChangesTheFingerprint() throws {
        try withFolder { folder in
            let library = QueryLibrary(defaultPrefix: "x")
            let problems = ProblemList()
            let setting = try node("[a.yaml]")
            try write("a", to: folder + "/a.yaml")
            #expect(library.load(setting, directory: folder, problems: problems).map(\.name) == ["a"])
            let first = library.fingerprint(setting, directory: folder)
            #expect(library.fingerprint(setting, directory: folder) == first)
            try write("b", to: folder + "/a.yaml")
            #expect(library.load(setting, directory: folder, problems: problems).map(\.name) == ["b"])
            #expect(library.fingerprint(setting, directory: folder) != first)
            try FileManager.default.removeItem(atPath: folder + "/a.yaml")
            #expect(library.fingerprint(setting, directory: folder) == "unreadable")
        }
    }

    @Test func aMissingFileIsAProblemAtTheSettingThatNamesIt() throws {
        let problems = ProblemListBox()
        _ = QueryLibrary(defaultPrefix: "x").load(
            try node("queries:\n- nowhere.yaml").flatMapQueries(),
            directory: "/nonexistent",
            problems: problems.list
        )
        #expect(
            problems.descriptions == [
                "muster.yaml:2:3: queries[0]: /nonexistent/nowhere.yaml cannot be read: No such file or directory"
            ]
        )
    }

    @Test func templatesArePassedOverUntilTheyAreRendered() throws {
        let problems = ProblemListBox()
        let setting = try node("[\"${label.file}.yaml\"]")
        let library = QueryLibrary(defaultPrefix: "x")
        #expect(library.load(setting, directory: "/tmp", acceptsTemplates: true, problems: problems.list) == [])
        #expect(problems.descriptions == [])
        #expect(library.load(setting, directory: "/tmp", problems: problems.list) == [])
        #expect(problems.descriptions.count == 1)
    }

    @Test(arguments: ["{a: b}", "[]", "[[a]]", "['']"])
    func otherSettingsAreProblems(_ text: String) throws {
        let problems = ProblemListBox()
        #expect(QueryLibrary(defaultPrefix: "x").load(try node(text), directory: "/tmp", problems: problems.list) == [])
        #expect(problems.descriptions.count == 1)
    }

    @Test func oneQueryInTwoFilesIsAProblem() throws {
        try withFolder { folder in
            try write("a", to: folder + "/a.yaml")
            try write("a", to: folder + "/b.yaml")
            let problems = ProblemListBox()
            _ = QueryLibrary(defaultPrefix: "x").load(
                try node("[a.yaml, b.yaml]"),
                directory: folder,
                problems: problems.list
            )
            #expect(
                problems.descriptions == [
                    "\(folder)/b.yaml:1:11: queries[0]: the query \"a\" is defined twice, first at \(folder)/a.yaml:1:11"
                ]
            )
        }
    }
}

extension SettingsNode {
    fileprivate func flatMapQueries() -> SettingsNode { self["queries"] ?? self }
}
