import Glibc

/// Files by pattern, as shells expand them.
enum Glob {
    private static let wildcards = "*?["

    /// Whether a path has wildcards.
    static func isPattern(_ path: String) -> Bool { path.contains { wildcards.contains($0) } }

    /// The files that match, sorted by name; none if nothing does.
    ///
    /// - Parameters:
    ///   - pattern: A path or a pattern.
    ///   - directory: What it is relative to; a folder whose name looks like a pattern is none.
    static func files(_ pattern: String, in directory: String) -> [String] {
        var escaped = ""
        for character in directory {
            if wildcards.contains(character) || character == "\\" { escaped += "\\" }
            escaped.append(character)
        }
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(Paths.resolve(pattern, in: escaped), 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
    }
}
