/// The groups of metrics, under node_exporter's names for its collectors.
enum HostCollectorName: String, CaseIterable, Sendable {
    case conntrack, cpu, diskstats, entropy, filefd, filesystem, loadavg, meminfo, netclass, netdev, os, pressure
    case stat, time, uname, vmstat
}
