import Glibc

/// A folder for files that are gone at the end.
struct TemporaryDirectory {
    /// Its path.
    let path: String

    init() throws {
        let base = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
        var template = Array("\(base)/muster-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else {
            throw BenchError("cannot make a folder in \(base): \(String(cString: strerror(errno)))")
        }
        path = template.withUnsafeBufferPointer { $0.baseAddress.map { String(cString: $0) } ?? "" }
    }

    /// The path of a file in it.
    func path(_ name: String) -> String { "\(path)/\(name)" }

    /// How large its files are whose names begin with this, in bytes.
    func size(of prefix: String) -> Int {
        names.filter { $0.hasPrefix(prefix) }.reduce(0) { sum, name in
            var information = stat()
            return lstat(path(name), &information) == 0 ? sum + Int(information.st_size) : sum
        }
    }

    /// Removes it with its files; it has no folders.
    func remove() {
        for name in names { unlink(path(name)) }
        rmdir(path)
    }

    private var names: [String] {
        guard let folder = opendir(path) else { return [] }
        defer { closedir(folder) }
        var names: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { pointer in
                pointer.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }
}
