import Glibc

/// Files by pattern, as shells expand them.
enum Glob {
    /// Whether a path has wildcards.
    static func isPattern(_ path: String) -> Bool { path.contains { "*?[".contains($0) } }

    /// The files that match, sorted by name; none if nothing does.
    static func files(_ pattern: String) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        guard glob(pattern, 0, nil, &result) == 0 else { return [] }
        return (0..<Int(result.gl_pathc)).compactMap { result.gl_pathv[$0].map { String(cString: $0) } }
    }
}
