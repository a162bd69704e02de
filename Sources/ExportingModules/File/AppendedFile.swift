import Glibc

/// The system's `write`: how many bytes it took, or -1 with the reason in `errno`.
typealias WriteCall = @Sendable (Int32, UnsafeRawBufferPointer) -> Int

/// A file that whole lines are appended to.
///
/// A line that could not be written whole is taken back. A file that ends in the middle of a line, because whoever wrote it
/// was killed, is continued on a new line. Only one process writes to it.
struct AppendedFile: ~Copyable {
    /// Where it is.
    let path: String
    /// How long it is.
    private(set) var size: Int
    /// When it was written last, in milliseconds since 1970.
    let modified: Int64

    private let descriptor: Int32
    private let write: WriteCall
    private let identity: Identity
    /// Whether it ends in the middle of a line.
    private var isTorn: Bool

    private struct Identity: Equatable {
        var device: dev_t
        var inode: ino_t
    }

    /// Opens or creates the file.
    init(path: String, write: @escaping WriteCall) throws(ModuleIOError) {
        let descriptor = Glibc.open(path, O_RDWR | O_APPEND | O_CREAT | O_CLOEXEC | O_NOCTTY | O_NONBLOCK, 0o640)
        guard descriptor >= 0 else { throw ModuleIOError(operation: "open", target: path, errno: errno) }
        do throws(ModuleIOError) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else {
                throw ModuleIOError(operation: "open", target: path, errno: errno)
            }
            guard status.st_mode & S_IFMT == S_IFREG else {
                throw ModuleIOError(operation: "open", target: path, message: "is not a regular file")
            }
            guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
                let message = errno == EWOULDBLOCK ? "is written by somebody else" : nil
                throw message.map { ModuleIOError(operation: "lock", target: path, message: $0) }
                    ?? ModuleIOError(operation: "lock", target: path, errno: errno)
            }
            self.path = path
            self.write = write
            self.descriptor = descriptor
            size = Int(status.st_size)
            let time = status.st_mtim
            modified = Int64(time.tv_sec) * 1000 + Int64(time.tv_nsec) / 1_000_000
            identity = Identity(device: status.st_dev, inode: status.st_ino)
            var last: UInt8 = 0
            isTorn = size > 0 && pread(descriptor, &last, 1, off_t(size - 1)) == 1 && last != UInt8(ascii: "\n")
        } catch {
            Glibc.close(descriptor)
            throw error
        }
    }

    deinit {
        Glibc.close(descriptor)
    }

    /// Whether the path still leads to this file.
    var isInPlace: Bool {
        var status = stat()
        return stat(path, &status) == 0 && Identity(device: status.st_dev, inode: status.st_ino) == identity
    }

    /// Appends bytes that end in a line end, all or nothing.
    mutating func append(_ bytes: ArraySlice<UInt8>) throws(ModuleIOError) {
        guard !bytes.isEmpty else { return }
        let prefix: [UInt8] = isTorn ? [UInt8(ascii: "\n")] : []
        let all = prefix + bytes
        var written = 0
        while written < all.count {
            let count = all[written...].withUnsafeBytes { write(descriptor, $0) }
            if count > 0 {
                written += count
                continue
            }
            let code = count == 0 ? EIO : errno
            if code == EINTR { continue }
            takeBack(written)
            throw ModuleIOError(operation: "write to", target: path, errno: code)
        }
        size += all.count
        isTorn = false
    }

    /// Cuts off what a failed call has written.
    private mutating func takeBack(_ count: Int) {
        guard count > 0 else { return }
        var status = stat()
        guard fstat(descriptor, &status) == 0, ftruncate(descriptor, status.st_size - off_t(count)) == 0 else {
            isTorn = true
            size += count
            return
        }
    }

    /// Waits until what was written is on the disk.
    func sync() throws(ModuleIOError) {
        guard fsync(descriptor) == 0 else { throw ModuleIOError(operation: "sync", target: path, errno: errno) }
    }
}
