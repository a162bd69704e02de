import CZlib
import Glibc

/// Compresses files, piece by piece, in gzip's format (RFC 1952).
enum GzipFile {
    /// What the name of a compressed file ends with.
    static let ending = ".gz"
    /// What the name of a compressed file that is not whole ends with.
    static let partEnding = ".gz.part"

    private static let pieceSize = 64 << 10

    /// Replaces a file by its compressed form, under its name with `.gz` added.
    ///
    /// The file stays as it is until the compressed one is whole and on the disk. So whenever this ends, also by a loss
    /// of power, the records are in one of the two, or in both.
    ///
    /// - Parameter isStopped: Asked before each piece; if so the work ends without a trace.
    static func replace(_ path: String, isStopped: () -> Bool) throws(ModuleIOError) {
        let part = path + partEnding
        do throws(ModuleIOError) {
            guard try compress(path, to: part, isStopped: isStopped) else {
                unlink(part)
                return
            }
            // It may have been removed meanwhile, as the oldest of too many.
            guard access(path, F_OK) == 0 else {
                unlink(part)
                return
            }
            guard rename(part, path + ending) == 0 else {
                throw ModuleIOError(operation: "rename", target: part, errno: errno)
            }
        } catch {
            unlink(part)
            throw error
        }
        try syncFolder(of: path)
        guard unlink(path) == 0 || errno == ENOENT else {
            throw ModuleIOError(operation: "remove", target: path, errno: errno)
        }
    }

    private static func compress(
        _ path: String,
        to target: String,
        isStopped: () -> Bool
    ) throws(ModuleIOError) -> Bool {
        let input = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)
        guard input >= 0 else { throw ModuleIOError(operation: "open", target: path, errno: errno) }
        defer { close(input) }
        var status = stat()
        guard fstat(input, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw ModuleIOError(operation: "compress", target: path, message: "is not a regular file")
        }
        let output = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, status.st_mode & 0o777)
        guard output >= 0 else { throw ModuleIOError(operation: "open", target: target, errno: errno) }
        defer { close(output) }
        let stream = try Deflater()
        var piece = [UInt8](repeating: 0, count: pieceSize)
        var isAtEnd = false
        while !isAtEnd {
            if isStopped() { return false }
            let count = read(input, &piece, piece.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw ModuleIOError(operation: "read", target: path, errno: errno) }
            isAtEnd = count == 0
            try write(stream.compress(piece[..<count], isLast: isAtEnd), to: output, target)
        }
        guard fsync(output) == 0 else { throw ModuleIOError(operation: "sync", target: target, errno: errno) }
        return true
    }

    private static func write(_ bytes: [UInt8], to output: Int32, _ target: String) throws(ModuleIOError) {
        var written = 0
        while written < bytes.count {
            let count = bytes[written...].withUnsafeBytes { Glibc.write(output, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                throw ModuleIOError(operation: "write to", target: target, errno: count == 0 ? EIO : errno)
            }
            written += count
        }
    }

    /// Waits until the names in a folder are on the disk.
    private static func syncFolder(of path: String) throws(ModuleIOError) {
        let slash = path.utf8.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { String(path[...$0]) } ?? "."
        let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw ModuleIOError(operation: "open", target: folder, errno: errno) }
        defer { close(descriptor) }
        // Some file systems have nothing to sync in a folder, and say so.
        guard fsync(descriptor) == 0 || errno == EINVAL else {
            throw ModuleIOError(operation: "sync", target: folder, errno: errno)
        }
    }
}

/// zlib's compressor.
private final class Deflater {
    // The stream holds a pointer to itself, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    init() throws(ModuleIOError) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        guard muster_deflate_init_gzip(stream, 6) == Z_OK else {
            stream.deallocate()
            throw ModuleIOError(operation: "compress", target: "a file", message: "zlib cannot be started")
        }
    }

    deinit {
        deflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    func compress(_ bytes: ArraySlice<UInt8>, isLast: Bool) throws(ModuleIOError) -> [UInt8] {
        var input = Array(bytes)
        var output: [UInt8] = []
        var status = Z_OK
        input.withUnsafeMutableBufferPointer { input in
            stream.pointee.next_in = input.baseAddress
            stream.pointee.avail_in = UInt32(truncatingIfNeeded: input.count)
            repeat {
                output += [UInt8](unsafeUninitializedCapacity: 32 << 10) { buffer, count in
                    stream.pointee.next_out = buffer.baseAddress
                    stream.pointee.avail_out = UInt32(buffer.count)
                    status = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    count = buffer.count - Int(stream.pointee.avail_out)
                }
            } while status == Z_OK && (stream.pointee.avail_out == 0 || stream.pointee.avail_in > 0)
        }
        // Z_BUF_ERROR only says that there was nothing to do.
        guard status == Z_OK || status == Z_STREAM_END || status == Z_BUF_ERROR else {
            throw ModuleIOError(operation: "compress", target: "a file", message: "zlib failed with \(status)")
        }
        return output
    }
}
