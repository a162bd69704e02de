import Glibc

/// The calls that a queue makes besides SQLite's. They block.
enum FileSystem {
    /// What the system says about its last failure.
    static func message(_ code: Int32) -> String { String(cString: strerror(code)) }

    /// Whether a failure is for want of space.
    static func isFull(_ code: Int32) -> Bool { code == ENOSPC || code == EDQUOT }

    /// An error for a failed call.
    static func error(_ operation: String, _ path: String, _ code: Int32) -> QueueError {
        QueueError(isFull(code) ? .full : .disk, "cannot \(operation) \(path): \(message(code))")
    }

    /// Makes sure that there is a regular file that only its owner may read.
    ///
    /// - Returns: Whether it was made.
    static func prepare(_ path: String) throws(QueueError) -> Bool {
        let created = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if created >= 0 {
            close(created)
            return true
        }
        guard errno == EEXIST else { throw error("make", path, errno) }
        var status = stat()
        guard stat(path, &status) == 0 else { throw error("look at", path, errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw QueueError(.disk, "\(path) is not a regular file") }
        guard status.st_mode & 0o077 == 0 || chmod(path, 0o600) == 0 else { throw error("protect", path, errno) }
        return false
    }

    /// How many bytes can be written to the file system of a file; nil if it does not say.
    static func free(at path: String) -> Int? {
        var status = statvfs()
        guard statvfs(path, &status) == 0 else { return nil }
        let (bytes, overflow) = Int(status.f_bavail).multipliedReportingOverflow(by: Int(status.f_frsize))
        return overflow ? nil : bytes
    }

    /// Renames a file; there need not be one.
    static func move(_ path: String, to target: String) throws(QueueError) {
        guard rename(path, target) == 0 || errno == ENOENT else { throw error("rename", path, errno) }
    }

    /// Waits until the names in the folder of a file are on the disk.
    static func syncFolder(of path: String) throws(QueueError) {
        let folder = path.lastIndex(of: "/").map { path[..<$0] } ?? "."
        let name = folder.isEmpty ? "/" : String(folder)
        let descriptor = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw error("open", name, errno) }
        defer { close(descriptor) }
        // Some file systems cannot and need not.
        guard fsync(descriptor) == 0 || errno == EINVAL else { throw error("sync", name, errno) }
    }
}
