import Glibc

/// When a file is put aside for a new one.
struct RotationRules: Sendable, Hashable {
    /// A file does not grow beyond this many bytes; 0 for no limit. A single longer line is written all the same.
    var size: Int
    /// A file holds the records of one such span of time, counted from 1970, in milliseconds; 0 for all time.
    var interval: Int64
    /// How many files that were put aside are kept; 0 for all.
    var keep: Int
}

/// A file of lines that is put aside when it is too large or too old. A file that somebody else has moved away is begun
/// anew.
struct RotatingFile: ~Copyable {
    /// Where the current file is.
    let path: String
    /// What went wrong with putting files aside; nil if nothing. Lines are written all the same.
    private(set) var problem: ModuleIOError?

    private let header: [UInt8]
    private let rules: RotationRules
    private let write: WriteCall
    private var file: AppendedFile?
    /// When the current file was written last.
    private var lastTime: Int64 = 0

    init(path: String, header: String, rules: RotationRules, write: @escaping WriteCall) {
        self.path = path
        self.header = Array(header.utf8)
        self.rules = rules
        self.write = write
    }

    /// Opens the file, unless it is open.
    mutating func open() throws(ModuleIOError) {
        guard file == nil else { return }
        var opened = try AppendedFile(path: path, write: write)
        lastTime = opened.modified
        if opened.size == 0 { try opened.append(header[...]) }
        file = consume opened
    }

    /// Closes the file; it is opened again when it is needed.
    mutating func close(sync: Bool) throws(ModuleIOError) {
        guard let closing = file.take() else { return }
        if sync { try closing.sync() }
    }

    /// Appends lines and returns how many were written.
    ///
    /// - Throws: ``ModuleIOError`` if none was written.
    mutating func append(_ lines: LineBatch, time: Int64, sync: Bool) throws(ModuleIOError) -> Int {
        if let isInPlace = file?.isInPlace, !isInPlace { try close(sync: false) }
        try open()
        var done = 0
        while done < lines.count {
            do throws(ModuleIOError) {
                let first = done == 0 ? 0 : lines.ends[done - 1]
                let size = file?.size ?? 0
                if isFull(size, next: lines.ends[done] - first, time: time) { try rotate(time) }
                let next = chunk(lines, from: done, size: file?.size ?? 0)
                try file?.append(lines.bytes[first..<lines.ends[next - 1]])
                lastTime = max(lastTime, time)
                done = next
            } catch {
                if done == 0 { throw error }
                break
            }
        }
        if sync { try file?.sync() }
        return done
    }

    /// How many lines can be written in one call, counted from the first of the batch.
    private func chunk(_ lines: LineBatch, from done: Int, size: Int) -> Int {
        let start = done == 0 ? 0 : lines.ends[done - 1]
        let room = rules.size > 0 ? max(0, rules.size - size) : .max
        return max(done + 1, lines.lines(within: start + min(room, 1 << 18)))
    }

    private func isFull(_ size: Int, next: Int, time: Int64) -> Bool {
        guard size > header.count else { return false }
        if rules.size > 0, size + next > rules.size { return true }
        return rules.interval > 0 && time / rules.interval > lastTime / rules.interval
    }

    /// Puts the file aside and begins a new one. If that fails the file is gone on with.
    private mutating func rotate(_ time: Int64) throws(ModuleIOError) {
        try close(sync: true)
        problem = nil
        let stamp = "\(path).\(TimeFormat.compact(time))"
        var target = stamp
        var number = 1
        while access(target, F_OK) == 0, number < 10_000 {
            target = "\(stamp).\(number)"
            number += 1
        }
        if rename(path, target) != 0 {
            problem = ModuleIOError(operation: "rename", target: path, errno: errno)
        } else if rules.keep > 0 {
            problem = RotatedFiles.prune(path, keep: rules.keep)
        }
        try open()
        lastTime = max(lastTime, time)
    }
}

/// The files that were put aside.
enum RotatedFiles {
    /// Removes the oldest files so that `keep` are left. Returns what went wrong.
    static func prune(_ path: String, keep: Int) -> ModuleIOError? {
        let files = list(path)
        for name in files.dropLast(keep) where unlink(name) != 0 && errno != ENOENT {
            return ModuleIOError(operation: "remove", target: name, errno: errno)
        }
        return nil
    }

    /// The files that were put aside for a path, the oldest first.
    static func list(_ path: String) -> [String] {
        let bytes = path.utf8
        let slash = bytes.lastIndex(of: UInt8(ascii: "/"))
        let folder = slash.map { String(path[...$0]) } ?? ""
        let base = slash.map { String(path[bytes.index(after: $0)...]) } ?? path
        guard let directory = opendir(folder.isEmpty ? "." : folder) else { return [] }
        defer { closedir(directory) }
        var found: [(stamp: String, number: Int, name: String)] = []
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.hasPrefix(base + ".") else { continue }
            let parts = name.dropFirst(base.count + 1).split(separator: ".", omittingEmptySubsequences: false)
            guard let stamp = parts.first, isStamp(stamp), parts.count <= 2 else { continue }
            let number = parts.count == 2 ? Int(parts[1]) : 0
            guard let number, number >= 0 else { continue }
            found.append((String(stamp), number, folder + name))
        }
        return found.sorted { ($0.stamp, $0.number) < ($1.stamp, $1.number) }.map(\.name)
    }

    /// Whether text is a time as in the names of such files.
    private static func isStamp(_ text: Substring) -> Bool {
        let bytes = Array(text.utf8)
        guard bytes.count == 16, bytes[8] == UInt8(ascii: "T"), bytes[15] == UInt8(ascii: "Z") else { return false }
        return (bytes[..<8] + bytes[9..<15]).allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
}
