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
    private let onRotation: @Sendable () -> Void
    private var file: AppendedFile?
    /// When the current file was written last.
    private var lastTime: Int64 = 0

    /// - Parameters:
    ///   - path: Where the file is.
    ///   - header: What a new file begins with.
    ///   - rules: When it is put aside.
    ///   - write: How to write.
    ///   - onRotation: Called after a file was put aside.
    init(
        path: String,
        header: String,
        rules: RotationRules,
        write: @escaping WriteCall,
        onRotation: @escaping @Sendable () -> Void
    ) {
        self.path = path
        self.header = Array(header.utf8)
        self.rules = rules
        self.write = write
        self.onRotation = onRotation
    }

    /// Opens the file, unless it is open.
    mutating func open() throws(ModuleIOError) {
        guard file == nil else { return }
        var opened = try AppendedFile(path: path, write: write)
        lastTime = opened.modified
        if opened.size == 0 { try opened.append(header[...]) }
        file = consume opened
    }

    /// Opens what the path leads to now, if the file is open.
    mutating func reopen() throws(ModuleIOError) {
        guard file != nil else { return }
        try close(sync: false)
        try open()
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
        let target = RotatedFiles.name(for: path, time: time)
        if rename(path, target) != 0 {
            problem = ModuleIOError(operation: "rename", target: path, errno: errno)
        } else if rules.keep > 0 {
            problem = RotatedFiles.prune(path, keep: rules.keep)
        }
        onRotation()
        try open()
        lastTime = max(lastTime, time)
    }
}
