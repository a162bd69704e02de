import Glibc

/// How full a filesystem is.
struct FilesystemStatistics: Sendable, Hashable {
    /// In bytes.
    var size: Double
    /// In bytes.
    var free: Double
    /// For users other than root, in bytes.
    var available: Double
    var files: Double
    var filesFree: Double

    /// Asks the kernel. A dead network filesystem may keep it waiting for ever.
    static func read(_ path: [UInt8]) -> MountOutcome {
        var status = statvfs()
        let code = (path + [0]).withUnsafeBufferPointer { buffer in
            buffer.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { statvfs($0, &status) } ?? -1
            }
        }
        guard code == 0 else { return .failed }
        // The kernel's f_bsize, that node_exporter multiplies by, is f_frsize here wherever they differ.
        let block = Double(status.f_frsize)
        return .answered(
            FilesystemStatistics(
                size: Double(status.f_blocks) * block,
                free: Double(status.f_bfree) * block,
                available: Double(status.f_bavail) * block,
                files: Double(status.f_files),
                filesFree: Double(status.f_ffree)
            )
        )
    }
}

/// What became of asking one mount.
enum MountOutcome: Sendable, Hashable {
    case answered(FilesystemStatistics)
    case failed
    /// It has not answered in time, now or before.
    case stuck
}
