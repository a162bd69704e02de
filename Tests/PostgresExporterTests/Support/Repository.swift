/// Files of this repository.
enum Repository {
    static let root: String = {
        // This file is in Tests/PostgresExporterTests/Support.
        let parts = "\(#filePath)".split(separator: "/", omittingEmptySubsequences: false)
        return parts.dropLast(4).joined(separator: "/")
    }()

    static func path(_ name: String) -> String { "\(root)/\(name)" }
}
