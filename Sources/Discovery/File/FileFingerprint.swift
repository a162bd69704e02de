import Glibc

/// What tells without reading whether a file is still the same.
struct FileFingerprint: Hashable, Sendable {
    private var device: UInt64
    private var inode: UInt64
    private var size: Int64
    private var modified: Int64
    private var changed: Int64

    /// Nanoseconds since 1970 when the file was last written to, or its name or mode changed.
    var latest: Int64 { max(modified, changed) }

    /// Looks at a file, following links.
    ///
    /// - Throws: The error number.
    init(path: String) throws(Errno) {
        var status = stat()
        guard stat(path, &status) == 0 else { throw Errno(code: errno) }
        device = UInt64(status.st_dev)
        inode = UInt64(status.st_ino)
        size = Int64(status.st_size)
        modified = Self.nanoseconds(status.st_mtim)
        changed = Self.nanoseconds(status.st_ctim)
    }

    /// Nanoseconds since 1970, on the clock that files are stamped with.
    static func now() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        return nanoseconds(time)
    }

    private static func nanoseconds(_ time: timespec) -> Int64 {
        // Files may be stamped with any time; what does not fit cannot be recent either.
        let (scaled, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
        return overflow ? (time.tv_sec < 0 ? .min : .max) : scaled &+ Int64(time.tv_nsec)
    }
}

/// An error number of the C library.
struct Errno: Error, Hashable, CustomStringConvertible {
    var code: Int32

    /// Whether it says that nothing is there.
    var isMissing: Bool { code == ENOENT || code == ENOTDIR }

    var description: String { String(cString: strerror(code)) }
}
