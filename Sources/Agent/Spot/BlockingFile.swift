import Glibc

/// A file, or standard input, that is read piece by piece. Reading and writing block: it is for commands that do nothing
/// else.
final class BlockingFile {
    private let descriptor: Int32
    private let path: String
    private var buffer = [UInt8](repeating: 0, count: 65_536)

    /// Opens a file; `-` is standard input.
    init(path: String) throws(SpotCommandError) {
        self.path = path
        guard path != "-" else {
            descriptor = STDIN_FILENO
            return
        }
        descriptor = open(path, O_RDONLY | O_CLOEXEC)
        if descriptor < 0 { throw Self.error(path, errno) }
    }

    deinit {
        if path != "-" { close(descriptor) }
    }

    /// The next piece; nil at the end.
    func read() throws(SpotCommandError) -> ArraySlice<UInt8>? {
        while true {
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count > 0 { return buffer[..<count] }
            if count == 0 { return nil }
            if errno != EINTR { throw Self.error(path, errno) }
        }
    }

    /// Writes a text to a file in place of what is there.
    static func write(_ text: String, to path: String) throws(SpotCommandError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
        guard descriptor >= 0 else { throw writeError(path, errno) }
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let code = errno
                close(descriptor)
                throw writeError(path, code)
            }
            rest = rest.dropFirst(count)
        }
        // Some file systems only say now that there is no room.
        guard close(descriptor) == 0 else { throw writeError(path, errno) }
    }

    /// Whether two paths are one file.
    static func isSame(_ first: String, _ second: String) -> Bool {
        var one = stat()
        var other = stat()
        let areThere =
            stat(first, &one) == 0 && (second == "-" ? fstat(STDIN_FILENO, &other) : stat(second, &other)) == 0
        return areThere && one.st_dev == other.st_dev && one.st_ino == other.st_ino && one.st_mode & S_IFMT == S_IFREG
    }

    private static func writeError(_ path: String, _ code: Int32) -> SpotCommandError {
        SpotCommandError("cannot write \(path): \(String(cString: strerror(code)))")
    }

    private static func error(_ path: String, _ code: Int32) -> SpotCommandError {
        SpotCommandError("cannot read \(path == "-" ? "standard input" : path): \(String(cString: strerror(code)))")
    }
}
