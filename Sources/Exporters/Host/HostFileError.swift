import Glibc

/// A file of the machine could not be read, or does not hold what it should.
struct HostFileError: Error, Sendable, Hashable, CustomStringConvertible {
    var path: String
    var message: String
    /// Whether this machine does not have it: the file is not there, or the kernel says that it is switched off.
    var isAbsence: Bool

    init(path: String, message: String) {
        self.path = path
        self.message = message
        isAbsence = false
    }

    init(path: String, code: Int32) {
        self.path = path
        message = String(cString: strerror(code))
        isAbsence = [ENOENT, ENOTDIR, ENODEV, EOPNOTSUPP].contains(code)
    }

    var description: String { "\(path): \(message)" }
}
