import Glibc

/// A path as configured, which may contain `*`, `?` and `[...]` in any of its parts, as in a shell.
struct PathPattern: Hashable, Sendable {
    /// The pattern, absolute and without `.` and empty parts.
    let text: String
    /// Its parts, without slashes.
    let components: [String]

    /// Creates a pattern; a relative one is relative to `directory`.
    init(_ path: String, directory: String) {
        let joined = path.hasPrefix("/") ? path : directory + "/" + path
        components = joined.split(separator: "/").filter { $0 != "." }.map(String.init)
        text = "/" + components.joined(separator: "/")
    }

    /// Whether it names one path only.
    var isPlain: Bool { !components.contains(where: Self.isWild) }

    /// The folder before the first part with a wildcard; of a plain path, the folder that the file is in.
    var base: String {
        let fixed = components.prefix { !Self.isWild($0) }
        return "/" + fixed.prefix(components.count - 1).joined(separator: "/")
    }

    /// What matches now, sorted. A plain path matches itself whether it exists or not.
    ///
    /// - Throws: ``Errno`` if a folder could not be read, so that what is missing is not known to be gone.
    func expand() throws(Errno) -> [String] {
        isPlain ? [text] : try Self.glob(text, flags: 0)
    }

    /// Whether a part is more than a name.
    static func isWild(_ component: String) -> Bool {
        component.utf8.contains { $0 == UInt8(ascii: "*") || $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "[") }
    }

    /// The paths that a pattern matches, sorted by bytes.
    static func glob(_ pattern: String, flags: Int32) throws(Errno) -> [String] {
        var result = glob_t()
        defer { globfree(&result) }
        let status = Glibc.glob(pattern, flags | GLOB_ERR, nil, &result)
        if status == GLOB_NOMATCH { return [] }
        guard status == 0 else { throw Errno(code: status == GLOB_NOSPACE ? ENOMEM : (errno == 0 ? EIO : errno)) }
        var paths: [String] = []
        for index in 0..<Int(result.gl_pathc) {
            if let path = result.gl_pathv?[index] { paths.append(String(cString: path)) }
        }
        return paths
    }
}
