import Glibc

/// Finds programs.
public enum Executable {
    /// The path of a program: in `PATH`, or where Debian keeps servers.
    public static func find(_ name: String) -> String? {
        if name.contains("/") { return access(name, X_OK) == 0 ? name : nil }
        let path = Spawn.environment["PATH"] ?? ""
        var folders = path.split(separator: ":").map(String.init)
        folders += ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
        folders += (12...20).reversed().map { "/usr/lib/postgresql/\($0)/bin" }
        return folders.lazy.map { "\($0)/\(name)" }.first { access($0, X_OK) == 0 }
    }

    /// The path of a program that must be there.
    ///
    /// - Throws: ``TestSupportError`` if it is not.
    public static func path(_ name: String) throws -> String {
        guard let path = find(name) else { throw TestSupportError("the program \(name) is not installed") }
        return path
    }
}
