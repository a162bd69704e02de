import Exposition
import Glibc

/// `node_time_*`: the clock, its zone and what drives it.
struct TimeReader: HostReader {
    var name: HostCollectorName { .time }
    var readsFiles: Bool { false }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var now = timespec()
        guard clock_gettime(CLOCK_REALTIME, &now) == 0 else { throw HostFileError(path: "clock", code: errno) }
        var families: [MetricFamily] = [
            .gauge(
                "node_time_seconds",
                "System time in seconds since epoch (1970).",
                Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
            )
        ]
        var local = tm()
        if localtime_r(&now.tv_sec, &local) != nil, let zone = local.tm_zone {
            var family = MetricFamily(
                name: "node_time_zone_offset_seconds",
                kind: .gauge,
                help: "System time zone offset in seconds."
            )
            family.add(Double(local.tm_gmtoff), ["time_zone": String(cString: zone)])
            families.append(family)
        }
        return families + clockSources(root)
    }

    private func clockSources(_ root: HostRoot) -> [MetricFamily] {
        var available = MetricFamily(
            name: "node_time_clocksource_available_info",
            kind: .info,
            help: "Available clocksources read from '/sys/devices/system/clocksource'."
        )
        var current = MetricFamily(
            name: "node_time_clocksource_current_info",
            kind: .info,
            help: "Current clocksource read from '/sys/devices/system/clocksource'."
        )
        // Linux has had one such device for as long as the folder has been there.
        for device in ["0"] {
            let folder = "sys/devices/system/clocksource/clocksource\(device)"
            if let text = try? root.readIfThere("\(folder)/available_clocksource", limit: 4096) {
                var seen: Set<String> = []
                for var line in text.lines {
                    while let source = line.text() {
                        if seen.insert(source).inserted {
                            available.add(1, ["device": device, "clocksource": source])
                        }
                    }
                }
            }
            if let text = try? root.readIfThere("\(folder)/current_clocksource", limit: 4096), !text.trimmed.isEmpty {
                current.add(1, ["device": device, "clocksource": text.trimmed])
            }
        }
        return [available, current].filter { !$0.metrics.isEmpty }
    }
}
