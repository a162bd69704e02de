import Glibc

/// Reads and writes small files.
public enum TextFile {
    /// The text of a file.
    ///
    /// - Throws: ``TestSupportError`` if it cannot be read.
    public static func read(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw TestSupportError("cannot open \(path): \(lastSystemError())") }
        defer { close(descriptor) }
        return String(decoding: try bytes(of: descriptor, name: path), as: UTF8.self)
    }

    /// Replaces a file at once, so that no reader sees a half of it.
    ///
    /// - Throws: ``TestSupportError`` if it cannot be written.
    public static func write(_ text: String, to path: String, mode: UInt32 = 0o644) throws {
        let temporary = "\(path).\(UInt32.random(in: 0 ... .max)).new"
        let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
        guard descriptor >= 0 else { throw TestSupportError("cannot create \(temporary): \(lastSystemError())") }
        defer { close(descriptor) }
        fchmod(descriptor, mode)
        try write(text, to: descriptor)
        guard rename(temporary, path) == 0 else {
            throw TestSupportError("cannot rename to \(path): \(lastSystemError())")
        }
    }

    /// A file without a name that holds a text, to be read by a child.
    static func anonymous(_ text: String = "") throws -> Int32 {
        let path = "/tmp/muster-test-file-\(UInt64.random(in: 0 ... .max))"
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw TestSupportError("cannot create \(path): \(lastSystemError())") }
        unlink(path)
        try write(text, to: descriptor)
        lseek(descriptor, 0, SEEK_SET)
        return descriptor
    }

    /// All bytes from the start.
    static func bytes(of descriptor: Int32, name: String) throws -> [UInt8] {
        lseek(descriptor, 0, SEEK_SET)
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count == 0 { return bytes }
            if count < 0 {
                if errno == EINTR { continue }
                throw TestSupportError("cannot read \(name): \(lastSystemError())")
            }
            bytes += chunk[..<count]
        }
    }

    private static func write(_ text: String, to descriptor: Int32) throws {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 {
                if errno == EINTR { continue }
                throw TestSupportError("cannot write: \(lastSystemError())")
            }
            rest = rest.dropFirst(count)
        }
    }
}
