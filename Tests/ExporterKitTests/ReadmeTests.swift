import Foundation
import TestSupport
import Testing

struct ReadmeTests {
    private static let root = URL(fileURLWithPath: #filePath)
        .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

    @Test func theExampleOfTheReadmeIsTheOneThatIsCompiledHere() throws {
        let readme = try String(contentsOf: Self.root.appending(path: "README.md"), encoding: .utf8)
        let example = try String(
            contentsOf: Self.root.appending(path: "Tests/ExporterKitTests/ReadmeExample.swift"),
            encoding: .utf8
        )
        #expect(readme.contains("```swift\n" + example + "```"))
    }

    @Test func theExampleOfTheReadmeShowsItsMetric() async throws {
        let folder = try TemporaryFolder()
        try folder.write("a job", to: "1.job")
        try await withSpoolPage(of: folder.path) { page in
            #expect(page().contains("spool_files{folder=\"\(folder.path)\",service=\"spool\"} 1\n"))
        }
    }
}
