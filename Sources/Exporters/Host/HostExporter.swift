import ExporterKit
import Glibc
import Logging

/// The exporter of one machine: this one, or the one whose files are below a root.
final class HostExporter: Exporter {
    let collectors: [any MetricCollector]

    private let root: HostRoot
    private let logger: Logger

    init(settings: HostSettings, probe: MountProbe, logger: Logger) throws {
        let root = HostRoot(settings.root)
        var readers: [any HostReader] = []
        // In the order of their names, so that parts keep their order.
        for name in HostCollectorName.allCases where settings.collectors.contains(name) {
            switch name {
            case .conntrack: readers.append(ConntrackReader())
            case .cpu: readers.append(CPUReader())
            case .diskstats: readers.append(DiskReader(filter: try NameFilter(settings.disks)))
            case .entropy: readers.append(EntropyReader())
            case .filefd: readers.append(FileDescriptorReader())
            case .filesystem: break
            case .loadavg: readers.append(LoadReader())
            case .meminfo: readers.append(MemoryReader())
            case .netclass: readers.append(NetworkClassReader(filter: try NameFilter(settings.interfaces)))
            case .netdev: readers.append(NetworkReader(filter: try NameFilter(settings.interfaces)))
            case .os: readers.append(OSReader())
            case .pressure: readers.append(PressureReader())
            case .stat: readers.append(StatReader())
            case .time: readers.append(TimeReader())
            case .uname: readers.append(UnameReader())
            case .vmstat: readers.append(VMStatReader())
            }
        }
        var collectors: [any MetricCollector] = []
        if !readers.isEmpty { collectors.append(HostCollector(root: root, readers: readers)) }
        if settings.collectors.contains(.filesystem) {
            collectors.append(
                FilesystemCollector(
                    root: root,
                    mountPoints: try NameFilter(settings.mountPoints),
                    types: try NameFilter(settings.filesystemTypes),
                    probe: probe
                )
            )
        }
        self.collectors = collectors
        self.root = root
        self.logger = logger
    }

    func setUp() async throws {
        let path = root.path("proc")
        guard access(path, R_OK | X_OK) == 0 else { throw HostFileError(path: path, code: errno) }
        logger.debug("monitors this machine", metadata: ["root": "\(root.path(""))"])
    }
}
