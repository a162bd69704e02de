import ExporterKit
import Exposition

/// `node_filesystem_*`: how full the mounted filesystems are.
///
/// A collector of its own, because a mount that does not answer keeps it waiting.
struct FilesystemCollector: MetricCollector {
    let root: HostRoot
    let mountPoints: NameFilter
    let types: NameFilter
    let probe: MountProbe

    var name: String { "filesystem" }

    func collect(into batch: inout MetricBatch) async throws {
        let mounts = try wantedMounts()
        let outcomes = try await probe.outcomes(of: mounts.map { Array(root.prefix.utf8) + $0.path })
        var families = Families()
        for (mount, outcome) in zip(mounts, outcomes) { families.add(mount, outcome) }
        for family in families.all where !family.metrics.isEmpty { batch.add(family) }
    }

    private func wantedMounts() throws -> [Mount] {
        var seen: Set<[String]> = []
        return Mount.parse(try table()).compactMap { mount in
            guard types.accepts(mount.type) else { return nil }
            var mount = mount
            // A table seen from below may hold the root's own path.
            let prefix = Array(root.prefix.utf8)
            if !prefix.isEmpty, mount.path.starts(with: prefix) {
                let rest = mount.path.dropFirst(prefix.count)
                if rest.isEmpty { mount.path = [UInt8(ascii: "/")] }
                if rest.first == UInt8(ascii: "/") { mount.path = Array(rest) }
            }
            guard mountPoints.accepts(mount.mountPoint) else { return nil }
            return seen.insert([mount.device, mount.type, mount.mountPoint]).inserted ? mount : nil
        }
    }

    /// The first process sees all mounts; it is hidden from other users on some machines.
    private func table() throws -> ProcText {
        if let text = try? root.read("proc/1/mounts", limit: 16 << 20) { return text }
        return try root.read("proc/mounts", limit: 16 << 20)
    }

    private struct Families {
        var size = Self.family("size_bytes", "Filesystem size in bytes.")
        var free = Self.family("free_bytes", "Filesystem free space in bytes.")
        var available = Self.family("avail_bytes", "Filesystem space available to non-root users in bytes.")
        var files = Self.family("files", "Filesystem total file nodes.")
        var filesFree = Self.family("files_free", "Filesystem total free file nodes.")
        var isReadOnly = Self.family("readonly", "Filesystem read-only status.")
        var hasError = Self.family(
            "device_error",
            "Whether an error occurred while getting statistics for the given device."
        )

        var all: [MetricFamily] { [available, hasError, files, filesFree, free, isReadOnly, size] }

        mutating func add(_ mount: Mount, _ outcome: MountOutcome) {
            let labels: LabelSet = ["device": mount.device, "fstype": mount.type, "mountpoint": mount.mountPoint]
            isReadOnly.add(mount.isReadOnly ? 1 : 0, labels)
            guard case .answered(let statistics) = outcome else {
                hasError.add(1, labels)
                return
            }
            hasError.add(0, labels)
            size.add(statistics.size, labels)
            free.add(statistics.free, labels)
            available.add(statistics.available, labels)
            files.add(statistics.files, labels)
            filesFree.add(statistics.filesFree, labels)
        }

        private static func family(_ name: String, _ help: String) -> MetricFamily {
            MetricFamily(name: "node_filesystem_\(name)", kind: .gauge, help: help)
        }
    }
}
