import Glibc
import QueryFiles
import Settings
import Synchronization

/// Query files, parsed once for all services that use them.
final class QueryFileCache: Sendable {
    struct File: Sendable {
        var queries: [QueryDefinition]
        var problems: [SettingsProblem]
        var digest: String
    }

    /// What changes when a file is written or replaced.
    private struct Stamp: Sendable, Equatable {
        var device: UInt64
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private struct Entry: Sendable {
        var stamp: Stamp
        var file: File
    }

    /// More files than any configuration has; the cache is emptied beyond.
    private static let limit = 1_000

    private let entries = Mutex<[String: Entry]>([:])

    /// A file's content, read again only if the file has changed.
    func file(_ path: String) -> File {
        // Taken before reading: if the file changes in between, it is read once more the next time.
        let stamp = Self.stamp(path)
        if let stamp, let entry = entries.withLock({ $0[path] }), entry.stamp == stamp { return entry.file }
        let file = Self.read(path)
        if let stamp {
            entries.withLock { entries in
                if entries.count >= Self.limit { entries = [:] }
                entries[path] = Entry(stamp: stamp, file: file)
            }
        }
        return file
    }

    private static func read(_ path: String) -> File {
        let text: String
        do {
            text = try BoundedFile.read(path, maximumLength: QueryFile.maximumLength)
        } catch {
            let problem = SettingsProblem(position: Position(file: path), message: "cannot be read: \(error)")
            return File(queries: [], problems: [problem], digest: "unreadable")
        }
        let problems = ProblemList()
        let queries = QueryFile.parse(text, file: path, defaultPrefix: "postgres", problems: problems)
        var digest = ContentDigest()
        digest.update(text.utf8)
        return File(queries: queries, problems: problems.problems, digest: digest.description)
    }

    private static func stamp(_ path: String) -> Stamp? {
        var status = stat()
        guard stat(path, &status) == 0 else { return nil }
        return Stamp(
            device: UInt64(status.st_dev),
            inode: UInt64(status.st_ino),
            size: Int64(status.st_size),
            seconds: status.st_mtim.tv_sec,
            nanoseconds: status.st_mtim.tv_nsec
        )
    }
}
