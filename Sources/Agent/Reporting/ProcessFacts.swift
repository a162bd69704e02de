import Foundation
import Glibc
import Settings

/// What the system knows about this process.
enum ProcessFacts {
    /// When this was first asked, which is at the start: in seconds since 1970.
    static let startTime = Date().timeIntervalSince1970

    /// Memory in use, in bytes.
    static var residentBytes: Double? {
        guard let text = try? BoundedFile.read("/proc/self/statm", maximumLength: 4096) else { return nil }
        let fields = text.split(separator: " ")
        guard fields.count > 1, let pages = Double(fields[1]) else { return nil }
        return pages * Double(sysconf(Int32(_SC_PAGESIZE)))
    }

    /// Open descriptors, this question's own included.
    static var openDescriptors: Double? {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")).map { Double($0.count) }
    }
}
