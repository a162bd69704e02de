import Glibc

/// Reads the files of a machine, below a root.
struct HostRoot: Sendable {
    /// The root without a slash at its end; empty for `/`.
    let prefix: String

    init(_ path: String) {
        var path = path[...]
        while path.last == "/" { path.removeLast() }
        prefix = String(path)
    }

    /// Whether it is the machine that we run on, seen from its own root.
    var isOurs: Bool { prefix.isEmpty }

    /// Where a file is.
    func path(_ name: String) -> String { "\(prefix)/\(name)" }

    /// The content of a file.
    ///
    /// - Parameters:
    ///   - name: The path without its first slash, such as `proc/stat`.
    ///   - limit: The longest content that is accepted, in bytes.
    func read(_ name: String, limit: Int = 4 << 20) throws(HostFileError) -> ProcText {
        let path = path(name)
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else { throw HostFileError(path: path, code: errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw HostFileError(path: path, code: errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw HostFileError(path: path, message: "is not a regular file")
        }
        // Files of /proc have no size. Most fit at once.
        var bytes: [UInt8] = []
        var room = 4096
        while true {
            var failure: Int32 = 0
            let chunk = [UInt8](unsafeUninitializedCapacity: room) { buffer, count in
                count = 0
                repeat {
                    let length = Glibc.read(descriptor, buffer.baseAddress, buffer.count)
                    failure = length < 0 ? errno : 0
                    count = max(0, length)
                } while failure == EINTR
            }
            if failure != 0 { throw HostFileError(path: path, code: failure) }
            if chunk.isEmpty { return ProcText(bytes: bytes) }
            bytes = bytes.isEmpty ? chunk : bytes + chunk
            if bytes.count > limit { throw HostFileError(path: path, message: "is larger than \(limit) bytes") }
            room = 64 << 10
        }
    }

    /// The content of a file that not every machine has.
    func readIfThere(_ name: String, limit: Int = 1 << 20) throws(HostFileError) -> ProcText? {
        do {
            return try read(name, limit: limit)
        } catch  where error.isAbsence {
            return nil
        }
    }

    /// The only number in a file; nil if the file is not there.
    func numberIfThere(_ name: String) throws(HostFileError) -> Double? {
        guard let text = try readIfThere(name, limit: 4096) else { return nil }
        var lines = text.lines
        guard var line = lines.next(), let number = line.number() else { throw malformed(name) }
        return number
    }

    /// A file that is there but does not say what it should.
    func malformed(_ name: String) -> HostFileError {
        HostFileError(path: path(name), message: "has unexpected content")
    }
}
