import ExporterKit
import Exposition
import Logging
import TestSupport
import Testing

@testable import HostExporter

/// This machine, beside Debian's node_exporter.
@Suite(.enabled(if: Requirement.nodeExporter.isMet, "\(Requirement.nodeExporter.explanation)"))
struct NodeExporterComparisonTests {
    /// What of node_exporter's collectors is left out here: hardware that sysfs tells about.
    private static let leftOut: Set<String> = [
        "node_cpu_core_throttles_total", "node_cpu_package_throttles_total", "node_disk_filesystem_info",
        "node_disk_device_mapper_info", "node_disk_ata_write_cache", "node_disk_ata_write_cache_enabled",
        "node_disk_ata_rotation_rate_rpm", "node_os_support_end_timestamp_seconds",
    ]
    /// What newer ones than Debian's have.
    private static let newer: Set<String> = ["node_pressure_irq_stalled_seconds_total"]

    private static func theirs() async throws -> [MetricFamily] {
        try Requirement.nodeExporter.check()
        let folder = try TemporaryFolder()
        let port = try FreePort.next()
        let url = "http://127.0.0.1:\(port)/metrics"
        let collectors = HostCollectorName.allCases.map { "--collector.\($0.rawValue)" }
        let server = try await ServerProcess.start(
            [
                "prometheus-node-exporter", "--web.listen-address=127.0.0.1:\(port)", "--web.disable-exporter-metrics",
                "--collector.disable-defaults", "--collector.netdev.device-exclude=^$",
                "--collector.filesystem.mount-points-exclude=\(HostSettings().mountPoints.exclude ?? "")",
            ] + collectors,
            log: folder.path("log")
        ) {
            try await HTTP.get(url).status == 200
        }
        let page = try await HTTP.get(url)
        try await server.stop()
        return try TextParser.families(in: page.body).filter {
            $0.name.hasPrefix("node_") && !$0.name.hasPrefix("node_scrape_") && !$0.name.hasPrefix("node_exporter_")
        }
    }

    private static func ours() async throws -> [MetricFamily] {
        let probe = MountProbe(stuck: StuckMounts(), timeout: .seconds(30), clock: ContinuousClock())
        let exporter = try HostExporter(settings: HostSettings(), probe: probe, logger: Logger(label: "test"))
        try await exporter.setUp()
        var batch = MetricBatch()
        for collector in exporter.collectors { try await collector.collect(into: &batch) }
        #expect(batch.parts.compactMap(\.error) == [])
        return batch.parts.flatMap(\.families)
    }

    @Test func `Names, types, helps and series are node_exporter's`() async throws {
        let theirs = Dictionary(
            uniqueKeysWithValues: try await Self.theirs().map(Self.withoutUnknownSpeeds).filter { !$0.metrics.isEmpty }
                .map { ($0.name, $0) }
        )
        let ours = Dictionary(uniqueKeysWithValues: try await Self.ours().map { ($0.name, $0) })
        #expect(theirs.count > 80)
        #expect(Set(theirs.keys).subtracting(ours.keys).subtracting(Self.leftOut) == [])
        #expect(Set(ours.keys).subtracting(theirs.keys).subtracting(Self.newer) == [])
        for (name, family) in ours {
            guard let other = theirs[name] else { continue }
            // The text format has no info type.
            #expect((family.kind == .info ? .gauge : family.kind) == other.kind, "\(name)")
            #expect(family.help == other.help, "\(name)")
            #expect(
                Set(family.metrics.map { Self.known($0.labels) }) == Set(other.metrics.map { Self.known($0.labels) }),
                "\(name)"
            )
        }
        let ourSamples = MachineFixture.samples(Self.known(ours))
        for (series, value) in MachineFixture.samples(Self.known(theirs)) where Self.isConstant(series) {
            #expect(ourSamples[series] == value, "\(series)")
        }
    }

    /// Labels without the one that newer node_exporters than Debian's have, too, and without empty ones.
    private static func known(_ labels: LabelSet) -> LabelSet {
        LabelSet(labels.labels.filter { $0.name != "adminstate" && !$0.value.isEmpty })
    }

    private static func known(_ families: [String: MetricFamily]) -> [MetricFamily] {
        families.values.map { family in
            var family = family
            for index in family.metrics.indices { family.metrics[index].labels = known(family.metrics[index].labels) }
            return family
        }
    }

    /// An unknown speed is left out here, and -125000 bytes there.
    private static func withoutUnknownSpeeds(_ family: MetricFamily) -> MetricFamily {
        guard family.name == "node_network_speed_bytes" else { return family }
        var family = family
        family.metrics.removeAll { if case .number(let number) = $0.value { number < 0 } else { false } }
        return family
    }

    private static func isConstant(_ series: String) -> Bool {
        let names = [
            "node_memory_MemTotal_bytes", "node_memory_Hugepagesize_bytes", "node_boot_time_seconds",
            "node_filefd_maximum", "node_filesystem_size_bytes", "node_filesystem_readonly",
            "node_entropy_pool_size_bits", "node_network_flags", "node_network_mtu_bytes", "node_network_protocol_type",
            "node_network_up",
            "node_network_iface", "node_nf_conntrack_entries_limit", "node_os_version", "node_time_zone_offset_seconds",
        ]
        return names.contains { series.hasPrefix($0) } || series.contains("_info{")
    }

    @Test func `Counters go on from node_exporter's`() async throws {
        let before = MachineFixture.samples(try await Self.theirs())
        let between = MachineFixture.samples(try await Self.ours())
        let after = MachineFixture.samples(try await Self.theirs())
        for (series, value) in between where series.contains("_total") || series.hasPrefix("node_vmstat") {
            guard let low = before[series], let high = after[series] else { continue }
            let tolerance = max(1e-6, value * 1e-12)
            // The kernel's own CPU times fall now and then.
            guard low <= high, !series.contains("iowait"), !series.contains("idle") else { continue }
            #expect(value >= low - tolerance && value <= high + tolerance, "\(series): \(low) \(value) \(high)")
        }
    }
}
