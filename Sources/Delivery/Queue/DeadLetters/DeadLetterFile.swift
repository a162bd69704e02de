import Glibc

/// The file that rejected records go to, one line of JSON each.
///
/// A full file becomes `<file>.1`, in place of the one before: so at most twice the bound is kept, and always the latest
/// records. Lines are on the disk before the record is gone from the queue. A process that is killed between the two
/// rejects the record once more, so a record may be there twice, but is never missing. The calls block.
struct DeadLetterFile: Sendable {
    /// Where it is.
    let path: String
    /// How large it gets, in bytes. One call is written whole, however large it is.
    let maximumBytes: Int

    /// What a call to ``append(_:)`` has done.
    struct Appended: Sendable, Hashable {
        /// How long the file was before.
        var previousSize: Int
        /// How many records are gone, because their file was replaced.
        var discarded: Int
    }

    /// Creates a description; nothing is opened.
    init(path: String, maximumBytes: Int = 16 << 20) {
        self.path = path
        self.maximumBytes = maximumBytes
    }

    /// Appends whole lines, all or nothing, and waits until they are on the disk.
    func append(_ lines: [UInt8]) throws(QueueError) -> Appended {
        let opened = try open(path)
        defer { Glibc.close(opened.descriptor) }
        if opened.size > 0, opened.size + lines.count > maximumBytes { return try begin(with: lines) }
        // A line that a killed process has not finished must not swallow the next one.
        let isTorn = opened.size > 0 && Self.byte(before: opened.size, in: opened.descriptor) != UInt8(ascii: "\n")
        do throws(QueueError) {
            try write(isTorn ? [UInt8(ascii: "\n")] + lines : lines, to: opened.descriptor)
            guard fdatasync(opened.descriptor) == 0 else { throw FileSystem.error("sync", path, errno) }
            if opened.size == 0 { try FileSystem.syncFolder(of: path) }
        } catch {
            ftruncate(opened.descriptor, off_t(opened.size))
            throw error
        }
        return Appended(previousSize: opened.size, discarded: 0)
    }

    /// Begins a new file and puts the old one aside. Nothing has changed if there is no space for the new one.
    private func begin(with lines: [UInt8]) throws(QueueError) -> Appended {
        let next = path + ".next"
        unlink(next)
        let opened = try open(next)
        defer { Glibc.close(opened.descriptor) }
        do throws(QueueError) {
            try write(lines, to: opened.descriptor)
            guard fdatasync(opened.descriptor) == 0 else { throw FileSystem.error("sync", next, errno) }
        } catch {
            unlink(next)
            throw error
        }
        let discarded = Self.lineCount(of: path + ".1")
        try FileSystem.move(path, to: path + ".1")
        try FileSystem.move(next, to: path)
        try FileSystem.syncFolder(of: path)
        return Appended(previousSize: 0, discarded: discarded)
    }

    /// Cuts the file back to what it was, because the records are still in the queue.
    func takeBack(to size: Int) {
        truncate(path, off_t(size))
    }

    private func open(_ path: String) throws(QueueError) -> (descriptor: Int32, size: Int) {
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o600)
        guard descriptor >= 0 else { throw FileSystem.error("open", path, errno) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            Glibc.close(descriptor)
            throw QueueError(.disk, "\(path) is not a regular file")
        }
        return (descriptor, Int(status.st_size))
    }

    private func write(_ bytes: [UInt8], to descriptor: Int32) throws(QueueError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                written += count
            } else if count == 0 || errno != EINTR {
                throw FileSystem.error("write to", path, count == 0 ? EIO : errno)
            }
        }
    }

    private static func byte(before offset: Int, in descriptor: Int32) -> UInt8? {
        var byte: UInt8 = 0
        return pread(descriptor, &byte, 1, off_t(offset - 1)) == 1 ? byte : nil
    }

    private static func lineCount(of path: String) -> Int {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { return 0 }
        defer { Glibc.close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 64 * 1024)
        var lines = 0
        while true {
            let count = read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return lines }
            lines += buffer.prefix(count).count { $0 == UInt8(ascii: "\n") }
        }
    }
}
