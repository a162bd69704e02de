import Glibc

/// The files that were put aside: `NAME.20260131T235959Z`, of the same second `NAME.20260131T235959Z.1` and so on, each
/// with `.gz` at the end if it is compressed.
enum RotatedFiles {
    /// One file that was put aside.
    struct File: Sendable, Hashable {
        /// What the file is.
        enum Form: Sendable, Hashable {
            case plain
            case compressed
            /// A compressed one that is not whole.
            case part
        }

        var stamp: String
        var number: Int
        var form: Form
        var path: String

        /// The same for all forms of one file.
        var identity: Identity { Identity(stamp: stamp, number: number) }
    }

    /// What tells the files of one path apart.
    struct Identity: Hashable, Comparable {
        var stamp: String
        var number: Int

        static func < (first: Identity, second: Identity) -> Bool {
            (first.stamp, first.number) < (second.stamp, second.number)
        }
    }

    /// Removes the oldest files so that `keep` are left. Returns what went wrong.
    static func prune(_ path: String, keep: Int) -> ModuleIOError? {
        let files = Self.files(path)
        let old = Set(Set(files.map(\.identity)).sorted().dropLast(keep))
        for file in files where old.contains(file.identity) && unlink(file.path) != 0 && errno != ENOENT {
            return ModuleIOError(operation: "remove", target: file.path, errno: errno)
        }
        return nil
    }

    /// A name for a file that is put aside now, which no other has, compressed or not.
    static func name(for path: String, time: Int64) -> String {
        let stamp = "\(path).\(TimeFormat.compact(time))"
        var name = stamp
        var number = 1
        while access(name, F_OK) == 0 || access(name + GzipFile.ending, F_OK) == 0, number < 10_000 {
            name = "\(stamp).\(number)"
            number += 1
        }
        return name
    }

    /// The files that were put aside for a path, the oldest first; of one in two forms only the first.
    static func list(_ path: String) -> [String] {
        var names: [String] = []
        var last: Identity?
        for file in files(path) where file.form != .part && file.identity != last {
            names.append(file.path)
            last = file.identity
        }
        return names
    }

    /// Everything that was put aside for a path, the oldest first.
    static func files(_ path: String) -> [File] {
        let bytes = path.utf8
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { String(path[...$0]) } ?? ""
        let base = slash.map { String(path[bytes.index(after: $0)...]) } ?? path
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(directory) }
        var found: [File] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(base + ".") else { continue }
            if let file = file(name.dropFirst(base.count + 1), path: folder + name) { found.append(file) }
        }
        let order: [File.Form] = [.plain, .compressed, .part]
        return found.sorted { first, second in
            if first.identity != second.identity { return first.identity < second.identity }
            return (order.firstIndex(of: first.form) ?? 0) < (order.firstIndex(of: second.form) ?? 0)
        }
    }

    /// Reads what follows the name of the current file; nil if the file is none of ours.
    private static func file(_ suffix: Substring, path: String) -> File? {
        var rest = suffix
        var form = File.Form.plain
        for (ending, meaning) in [(GzipFile.partEnding, File.Form.part), (GzipFile.ending, .compressed)]
        where rest.hasSuffix(ending) {
            rest = rest.dropLast(ending.count)
            form = meaning
            break
        }
        let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
        guard let stamp = parts.first, isStamp(stamp), parts.count <= 2 else { return nil }
        let number = parts.count == 2 ? Int(parts[1]) : 0
        guard let number, number >= 0 else { return nil }
        return File(stamp: String(stamp), number: number, form: form, path: path)
    }

    /// Whether text is a time as in the names of such files.
    private static func isStamp(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return false }
        return (bytes[..<8] + bytes[9..<15]).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
