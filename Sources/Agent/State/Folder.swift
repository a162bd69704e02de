import Glibc

/// Makes folders.
enum Folder {
    /// Makes a folder and those that lead there; it may exist.
    ///
    /// - Throws: ``AgentError`` that names the folder and the reason in one line.
    static func make(_ path: String) throws(AgentError) {
        var current = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            current += current.isEmpty || current.hasSuffix("/") ? part : "/" + part
            if mkdir(current, 0o777) == 0 || errno == EEXIST { continue }
            let code = errno
            // Some file systems refuse before they look whether it is there.
            guard access(current, F_OK) == 0 else { throw failure(current, code) }
        }
        var status = stat()
        guard stat(path, &status) == 0 else { throw failure(path, errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw failure(path, ENOTDIR) }
        guard access(path, W_OK | X_OK) == 0 else {
            throw AgentError(.state, "the folder \(path) cannot be written: \(String(cString: strerror(errno)))")
        }
    }

    private static func failure(_ path: String, _ code: Int32) -> AgentError {
        AgentError(.state, "the folder \(path) cannot be made: \(String(cString: strerror(code)))")
    }
}
