import Glibc

/// Reads whole small text files with a bound, so that a huge file or a device cannot exhaust memory.
public enum BoundedFile {
    /// Reads a UTF-8 file.
    ///
    /// - Parameters:
    ///   - path: The file. Only regular files are read: a pipe or a device could block for ever.
    ///   - maximumLength: The longest file that is accepted, in bytes; one byte more is an error.
    /// - Throws: ``BoundedFileError``.
    public static func read(_ path: String, maximumLength: Int) throws(BoundedFileError) -> String {
        let bytes = try readBytes(path, maximumLength: maximumLength)
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw BoundedFileError(.notText, message: "not valid UTF-8")
        }
        return text
    }

    /// Reads a file's bytes; see ``read(_:maximumLength:)``.
    ///
    /// - Throws: ``BoundedFileError``.
    public static func readBytes(_ path: String, maximumLength: Int) throws(BoundedFileError) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw BoundedFileError(errno: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw BoundedFileError(errno: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw BoundedFileError(.notARegularFile, message: "not a regular file")
        }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(max(0, min(Int(status.st_size), maximumLength)))
        var chunk = [UInt8](repeating: 0, count: 16 * 1024)
        while true {
            let count = Glibc.read(descriptor, &chunk, chunk.count)
            if count < 0 {
                if errno == EINTR { continue }
                throw BoundedFileError(errno: errno)
            }
            if count == 0 { return bytes }
            bytes.append(contentsOf: chunk[..<count])
            if bytes.count > maximumLength {
                throw BoundedFileError(.tooLarge, message: "larger than \(maximumLength) bytes")
            }
        }
    }
}
