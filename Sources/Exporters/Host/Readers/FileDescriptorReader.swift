import Exposition

/// `node_filefd_*`: open files of the whole machine.
struct FileDescriptorReader: HostReader {
    var name: HostCollectorName { .filefd }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var lines = try root.read("proc/sys/fs/file-nr").lines
        // The second number has been zero since Linux 2.6.
        guard var line = lines.next(), let allocated = line.number(), line.number() != nil, let maximum = line.number()
        else { throw root.malformed("proc/sys/fs/file-nr") }
        return [
            .gauge("node_filefd_allocated", "File descriptor statistics: allocated.", allocated),
            .gauge("node_filefd_maximum", "File descriptor statistics: maximum.", maximum),
        ]
    }
}
