import Glibc
import Synchronization

/// A folder under /tmp that any user may enter. It is removed when this object goes, or the test process ends.
public final class TemporaryFolder: Sendable {
    static let prefix = "/tmp/muster-test-"

    /// The folder's path.
    public let path: String

    private let isRemoved = Atomic(false)

    /// Makes a folder.
    ///
    /// - Throws: ``TestSupportError`` if it cannot be made.
    public init() throws {
        var template = Array("\(Self.prefix)XXXXXX".utf8CString)
        let made = template.withUnsafeMutableBufferPointer { buffer in
            buffer.baseAddress.flatMap { mkdtemp($0) }.map { String(cString: $0) }
        }
        guard let made else { throw TestSupportError("mkdtemp: \(lastSystemError())") }
        path = made
        chmod(made, 0o755)
        try Watchdog.shared.add(folder: made)
    }

    deinit { remove() }

    /// The path of something in the folder.
    public func path(_ name: String) -> String { "\(path)/\(name)" }

    /// Writes a file, replacing it at once, and returns its path. Folders in the name must exist.
    ///
    /// - Throws: ``TestSupportError`` if it cannot be written.
    @discardableResult
    public func write(_ text: String, to name: String, mode: UInt32 = 0o644) throws -> String {
        try TextFile.write(text, to: path(name), mode: mode)
        return path(name)
    }

    /// Makes a folder in the folder, and those that lead there; returns its path. It may exist.
    ///
    /// - Throws: ``TestSupportError`` if it cannot be made.
    @discardableResult
    public func makeFolder(_ name: String) throws -> String {
        var current = path
        for part in name.split(separator: "/") {
            current += "/\(part)"
            guard mkdir(current, 0o755) == 0 || errno == EEXIST else {
                throw TestSupportError("cannot make \(current): \(lastSystemError())")
            }
        }
        return current
    }

    /// Removes the folder with all that is in it, now.
    public func remove() {
        guard !isRemoved.exchange(true, ordering: .relaxed) else { return }
        if let process = try? Spawn.run(
            ["/bin/rm", "-rf", "--", path],
            environment: [:],
            descriptors: [(2, 0), (2, 1), (2, 2)]
        ) {
            var status: Int32 = 0
            while waitpid(process, &status, 0) < 0, errno == EINTR {}
            if status == 0 { Watchdog.shared.remove(folder: path) }
        }
    }
}
