import Glibc
import Settings

extension InstallationKey {
    /// The name of the key's file in the state directory.
    public static let fileName = "installation.key"

    /// Loads the key from the state directory, or makes one there that only the owner can read.
    ///
    /// A file that holds no key is replaced: every hash is another one then, and every exporter is set up anew once.
    ///
    /// - Parameter directory: The state directory; it must exist.
    /// - Returns: The key, and what a person should know about how it was got, if anything.
    /// - Throws: ``InstallationKeyError`` if the file can neither be read nor written.
    public static func load(
        directory: String
    ) throws(InstallationKeyError) -> (key: InstallationKey, warning: String?) {
        let path = directory + "/" + fileName
        let text: String
        do {
            text = try BoundedFile.read(path, maximumLength: 1024)
        } catch {
            if error.isMissing { return (try create(path, replacing: false), nil) }
            // A file that is there but cannot be opened may well hold the key: replacing it would lose it.
            guard error.isAboutContent else { throw InstallationKeyError("\(path) cannot be read: \(error)") }
            return (try create(path, replacing: true), "\(path) held no key; a new one was made")
        }
        guard let key = InstallationKey(hexadecimal: text.filter { !$0.isWhitespace }) else {
            return (try create(path, replacing: true), "\(path) held no key; a new one was made")
        }
        return (key, restrict(path))
    }

    /// Takes from others what they may do with the file.
    private static func restrict(_ path: String) -> String? {
        var status = stat()
        guard stat(path, &status) == 0, status.st_mode & 0o077 != 0 else { return nil }
        return chmod(path, 0o600) == 0
            ? "\(path) could be read by others; now it cannot, but they may know the key"
            : "\(path) can be read by others"
    }

    /// Writes a new key beside the file and then puts it in its place, so that no half of a key is ever seen.
    private static func create(_ path: String, replacing: Bool) throws(InstallationKeyError) -> InstallationKey {
        let key = InstallationKey()
        let temporary = "\(path).\(getpid()).\(UInt64.random(in: .min ... .max))"
        do throws(Errno) {
            try write(key.hexadecimal + "\n", to: temporary)
        } catch {
            unlink(temporary)
            throw InstallationKeyError("\(temporary) cannot be written: \(error)")
        }
        defer { unlink(temporary) }
        if replacing {
            guard rename(temporary, path) == 0 else {
                throw InstallationKeyError("\(path) cannot be replaced: \(Errno(code: errno))")
            }
        } else if link(temporary, path) != 0 {
            let code = errno
            // Another process was faster: its key is the installation's.
            if code == EEXIST, let text = try? BoundedFile.read(path, maximumLength: 1024),
                let other = InstallationKey(hexadecimal: text.filter { !$0.isWhitespace })
            {
                return other
            }
            throw InstallationKeyError("\(path) cannot be made: \(Errno(code: code))")
        }
        synchronize(directoryOf: path)
        return key
    }

    private static func write(_ text: String, to path: String) throws(Errno) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw Errno(code: errno) }
        defer { close(descriptor) }
        let bytes = Array(text.utf8)
        // So few bytes are written whole or not at all.
        guard Glibc.write(descriptor, bytes, bytes.count) == bytes.count else { throw Errno(code: errno) }
        guard fsync(descriptor) == 0 else { throw Errno(code: errno) }
    }

    /// Makes the new name last; not every file system can, and the key is good without it.
    private static func synchronize(directoryOf path: String) {
        let directory = path.split(separator: "/", omittingEmptySubsequences: false).dropLast().joined(separator: "/")
        let descriptor = open(directory.isEmpty ? "/" : directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { return }
        _ = fsync(descriptor)
        close(descriptor)
    }
}
