/// The groups of metrics, under node_exporter's names for its collectors.
enum HostCollectorName: String, CaseIterable, Sendable {
    case conntrack, cpu, diskstats, entropy, filefd, filesystem, loadavg, meminfo, netdev, os, pressure, stat, time
    case uname, vmstat
}
