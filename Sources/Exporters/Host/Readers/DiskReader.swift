import Exposition

/// `node_disk_*`: block devices.
struct DiskReader: HostReader {
    let filter: NameFilter

    var name: HostCollectorName { .diskstats }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        // Not there without block devices.
        guard let text = try root.readIfThere("proc/diskstats", limit: 4 << 20) else { return [] }
        var families = Self.columns.map {
            MetricFamily(name: "node_disk_\($0.name)", kind: $0.kind, help: $0.help)
        }
        var info = MetricFamily(name: "node_disk_info", kind: .info, help: "Info of /sys/block/<block_device>.")
        var isEmpty = true
        for var line in text.lines {
            guard let major = line.text(), let minor = line.text(), let device = line.text() else { continue }
            var values: [Double] = []
            while values.count < Self.columns.count, let value = line.number() { values.append(value) }
            // The first eleven are as old as the file; the others came with later kernels.
            guard values.count >= 11 else { continue }
            isEmpty = false
            guard filter.accepts(device) else { continue }
            let labels: LabelSet = ["device": device]
            for (index, value) in values.enumerated() {
                families[index].add(value * Self.columns[index].factor / Self.columns[index].divisor, labels)
            }
            info.add(1, Self.info(device: device, major: major, minor: minor, root: root))
        }
        if isEmpty, !text.bytes.isEmpty { throw root.malformed("proc/diskstats") }
        return (families + [info]).filter { !$0.metrics.isEmpty }
    }

    /// What udev knows about a device, where it runs.
    private static func info(device: String, major: String, minor: String, root: HostRoot) -> LabelSet {
        var labels: LabelSet = [
            "device": device, "major": major, "minor": minor, "model": "", "path": "", "revision": "", "serial": "",
            "wwn": "",
        ]
        guard UInt32(major) != nil, UInt32(minor) != nil,
            let text = try? root.readIfThere("run/udev/data/b\(major):\(minor)", limit: 64 << 10)
        else { return labels }
        for var line in text.lines {
            guard line.text(until: UInt8(ascii: ":")) == "E", let key = line.text(until: UInt8(ascii: "=")),
                let label = udevProperties[key]
            else { continue }
            labels[label] = String(decoding: line.rest, as: UTF8.self)
        }
        return labels
    }

    private static let udevProperties = [
        "ID_PATH": "path", "ID_WWN": "wwn", "ID_MODEL": "model", "ID_SERIAL_SHORT": "serial", "ID_REVISION": "revision",
    ]

    private struct Column: Sendable {
        var name: String
        var help: String
        var kind = MetricKind.counter
        var factor = 1.0
        /// Apart from the factor, because 1/1000 has no exact value.
        var divisor = 1.0
    }

    /// A sector is 512 bytes in this file, whatever the device says; times are in milliseconds.
    private static let columns = [
        Column(name: "reads_completed_total", help: "The total number of reads completed successfully."),
        Column(name: "reads_merged_total", help: "The total number of reads merged."),
        Column(name: "read_bytes_total", help: "The total number of bytes read successfully.", factor: 512),
        Column(
            name: "read_time_seconds_total",
            help: "The total number of seconds spent by all reads.",
            divisor: 1000
        ),
        Column(name: "writes_completed_total", help: "The total number of writes completed successfully."),
        Column(name: "writes_merged_total", help: "The number of writes merged."),
        Column(name: "written_bytes_total", help: "The total number of bytes written successfully.", factor: 512),
        Column(
            name: "write_time_seconds_total",
            help: "This is the total number of seconds spent by all writes.",
            divisor: 1000
        ),
        Column(name: "io_now", help: "The number of I/Os currently in progress.", kind: .gauge),
        Column(name: "io_time_seconds_total", help: "Total seconds spent doing I/Os.", divisor: 1000),
        Column(
            name: "io_time_weighted_seconds_total",
            help: "The weighted # of seconds spent doing I/Os.",
            divisor: 1000
        ),
        Column(name: "discards_completed_total", help: "The total number of discards completed successfully."),
        Column(name: "discards_merged_total", help: "The total number of discards merged."),
        Column(name: "discarded_sectors_total", help: "The total number of sectors discarded successfully."),
        Column(
            name: "discard_time_seconds_total",
            help: "This is the total number of seconds spent by all discards.",
            divisor: 1000
        ),
        Column(name: "flush_requests_total", help: "The total number of flush requests completed successfully"),
        Column(
            name: "flush_requests_time_seconds_total",
            help: "This is the total number of seconds spent by all flush requests.",
            divisor: 1000
        ),
    ]
}
