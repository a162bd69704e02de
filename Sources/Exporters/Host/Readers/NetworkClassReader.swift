import Exposition
import Glibc

/// `node_network_*` without those of ``NetworkReader``: how network interfaces are set up, and whether they have a link.
///
/// From the attributes of `/sys/class/net`; what they mean is in the kernel's `Documentation/ABI/testing/sysfs-class-net`.
struct NetworkClassReader: HostReader {
    let filter: NameFilter

    var name: HostCollectorName { .netclass }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var up = MetricFamily(
            name: "node_network_up",
            kind: .gauge,
            help: "Value is 1 if operstate is 'up', 0 otherwise."
        )
        var info = MetricFamily(
            name: "node_network_info",
            kind: .info,
            help: "Non-numeric data from /sys/class/net/<iface>, value is always 1."
        )
        var families = Self.properties.map(Self.family)
        for device in try Self.devices(root) where filter.accepts(device) {
            let interface = Interface(device: device, root: root)
            // Without a state it has gone since it was listed, or is no interface.
            guard let state = interface.text("operstate") else { continue }
            let labels: LabelSet = ["device": device]
            up.add(state == "up" ? 1 : 0, labels)
            info.add(1, interface.info(state: state))
            for (index, property) in Self.properties.enumerated() {
                guard let value = interface.integer(property.file) else { continue }
                // A speed that is not known is -1.
                if property.isSpeed, value < 0 { continue }
                families[index].add(property.isSpeed ? Double(value) * 1_000_000 / 8 : Double(value), labels)
            }
        }
        return ([up, info] + families).filter { !$0.metrics.isEmpty }
    }

    /// The names in the folder, sorted. `bonding_masters`, a file there, has no attributes.
    private static func devices(_ root: HostRoot) throws(HostFileError) -> [String] {
        let path = root.path("sys/class/net")
        guard let folder = opendir(path) else {
            let error = HostFileError(path: path, code: errno)
            if error.isAbsence { return [] }
            throw error
        }
        defer { closedir(folder) }
        var devices: [String] = []
        while let entry = readdir(folder) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) { name in
                name.withMemoryRebound(to: CChar.self, capacity: MemoryLayout.size(ofValue: name.pointee)) {
                    String(cString: $0)
                }
            }
            if name != ".", name != ".." { devices.append(name) }
        }
        return devices.sorted()
    }

    private static func family(_ property: Property) -> MetricFamily {
        MetricFamily(
            name: "node_network_\(property.name)",
            kind: property.name.hasSuffix("_total") ? .counter : .gauge,
            help: "Network device property: \(property.name)"
        )
    }

    /// A number, and the attribute that holds it.
    private struct Property: Sendable {
        var name: String
        var file: String
        /// In megabits per second.
        var isSpeed: Bool { file == "speed" }

        init(_ name: String, _ file: String) {
            (self.name, self.file) = (name, file)
        }
    }

    private static let properties = [
        Property("address_assign_type", "addr_assign_type"),
        Property("carrier", "carrier"),
        Property("carrier_changes_total", "carrier_changes"),
        Property("carrier_up_changes_total", "carrier_up_count"),
        Property("carrier_down_changes_total", "carrier_down_count"),
        Property("device_id", "dev_id"),
        Property("dormant", "dormant"),
        Property("flags", "flags"),
        Property("iface_id", "ifindex"),
        Property("iface_link", "iflink"),
        Property("iface_link_mode", "link_mode"),
        Property("mtu_bytes", "mtu"),
        Property("name_assign_type", "name_assign_type"),
        Property("net_dev_group", "netdev_group"),
        Property("speed_bytes", "speed"),
        Property("transmit_queue_length", "tx_queue_len"),
        Property("protocol_type", "type"),
    ]
}

/// The attributes of one interface. Which there are depends on the driver, and some cannot be read while the interface
/// is down: each costs only itself.
private struct Interface {
    let device: String
    let root: HostRoot

    func text(_ attribute: String) -> String? {
        try? root.read("sys/class/net/\(device)/\(attribute)", limit: 4096).trimmed
    }

    /// A whole number, decimal or as `0x1003`.
    func integer(_ attribute: String) -> Int64? {
        guard let text = text(attribute) else { return nil }
        return text.hasPrefix("0x") ? Int64(text.dropFirst(2), radix: 16) : Int64(text)
    }

    func info(state: String) -> LabelSet {
        [
            "device": device, "address": text("address") ?? "", "broadcast": text("broadcast") ?? "",
            "duplex": text("duplex") ?? "", "ifalias": text("ifalias") ?? "", "operstate": state,
            "adminstate": integer("flags").map { $0 & Self.isUpFlag == 0 ? "down" : "up" } ?? "unknown",
        ]
    }

    /// `IFF_UP` of the kernel's `if.h`.
    private static let isUpFlag: Int64 = 1
}
