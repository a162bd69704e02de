import TestSupport

/// The memory of the test process.
enum ProcessMemory {
    /// What is resident now, in bytes.
    static func resident() throws -> Int {
        let fields = try TextFile.read("/proc/self/statm").split(separator: " ")
        guard fields.count > 1, let pages = Int(fields[1]) else { throw TestSupportError("/proc/self/statm") }
        return pages * 4096
    }
}
