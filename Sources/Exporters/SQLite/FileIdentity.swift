import Glibc

/// What tells a file from another that takes its name.
struct FileIdentity: Sendable, Hashable {
    var device: UInt64
    var inode: UInt64

    /// Looks at a file. Blocks.
    ///
    /// - Throws: ``SQLiteExporterError`` if it is missing or not a regular file.
    init(_ path: String) throws(SQLiteExporterError) {
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw SQLiteExporterError(code: .unreachable, message: "\(path): \(String(cString: strerror(errno)))")
        }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw SQLiteExporterError(code: .unreachable, message: "\(path): not a regular file")
        }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
    }

    /// The size of a file; nil if there is none. Blocks.
    static func size(_ path: String) -> Int64? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
        return Int64(status.st_size)
    }
}
