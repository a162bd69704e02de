/// Looks at other processes through /proc.
public enum ProcessTable {
    /// Whether a process runs or is stopped; one that has ended and was not reaped does not count.
    public static func isAlive(_ process: Int32) -> Bool {
        guard let state = entry(process)?.state else { return false }
        return state != "Z" && state != "X"
    }

    /// Whether a process is stopped by a signal.
    public static func isStopped(_ process: Int32) -> Bool {
        entry(process)?.state == "T"
    }

    /// The children, grandchildren ... of a process, without itself.
    public static func descendants(of process: Int32) -> [Int32] {
        var children: [Int32: [Int32]] = [:]
        for candidate in all() {
            if let parent = entry(candidate)?.parent { children[parent, default: []].append(candidate) }
        }
        var found: [Int32] = []
        var next = [process]
        while let parent = next.popLast() {
            let group = children.removeValue(forKey: parent) ?? []
            found += group
            next += group
        }
        return found
    }

    /// When a process started, in clock ticks; tells it from a later one of the same number.
    static func startTime(_ process: Int32) -> UInt64? {
        entry(process)?.startTime
    }

    private static func all() -> [Int32] {
        FolderList.names(in: "/proc").compactMap { Int32($0) }
    }

    private static func entry(_ process: Int32) -> (state: Substring, parent: Int32, startTime: UInt64)? {
        // The name in parentheses may hold anything, parentheses too.
        guard let text = try? TextFile.read("/proc/\(process)/stat"), let end = text.lastIndex(of: ")") else {
            return nil
        }
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 19, let parent = Int32(fields[1]), let time = UInt64(fields[19]) else { return nil }
        return (fields[0], parent, time)
    }
}
