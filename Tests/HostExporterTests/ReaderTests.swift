import Exposition
import TestSupport
import Testing

@testable import HostExporter

@Suite struct ReaderTests {
    private let machine: MachineFixture

    init() throws {
        machine = try MachineFixture()
        try machine.writeAll()
    }

    @Test func `CPU times are in seconds per CPU and mode, guests apart`() throws {
        let samples = try machine.read(CPUReader())
        #expect(samples.count == 20)
        #expect(samples[#"node_cpu_seconds_total{cpu="0",mode="user"}"#] == 1)
        #expect(samples[#"node_cpu_seconds_total{cpu="1",mode="steal"}"#] == 0.4)
        #expect(samples[#"node_cpu_guest_seconds_total{cpu="1",mode="nice"}"#] == 0.5)
    }

    @Test func `A CPU counter that falls a little stands still, and starts anew after a restart of the CPU`() throws {
        let reader = CPUReader()
        _ = try machine.read(reader)
        try machine.write("cpu0 110 10 10 1019 5 30 35 40 45 50\ncpu7 1 1 1 1\n", to: "proc/stat")
        var samples = try machine.read(reader)
        #expect(samples[#"node_cpu_seconds_total{cpu="0",mode="user"}"#] == 1.1)
        #expect(samples[#"node_cpu_seconds_total{cpu="0",mode="iowait"}"#] == 0.25)
        #expect(samples[#"node_cpu_seconds_total{cpu="7",mode="idle"}"#] == 0.01)
        #expect(samples[#"node_cpu_seconds_total{cpu="1",mode="user"}"#] == nil)
        try machine.write("cpu0 1 0 0 1 0 0 0 0 0 0\n", to: "proc/stat")
        samples = try machine.read(reader)
        #expect(samples[#"node_cpu_seconds_total{cpu="0",mode="user"}"#] == 0.01)
    }

    @Test func `Memory fields with a unit are bytes, those without keep their names`() throws {
        #expect(
            try machine.read(MemoryReader()) == [
                "node_memory_MemTotal_bytes": 16_384_000_000, "node_memory_Active_anon_bytes": 102_400,
                "node_memory_HugePages_Total": 3, "node_memory_Hugepagesize_bytes": 2_097_152,
            ]
        )
    }

    @Test func `Load averages`() throws {
        #expect(try machine.read(LoadReader()) == ["node_load1": 0.25, "node_load5": 1.5, "node_load15": 10])
    }

    @Test func `Boot time, processes, interrupts and switches`() throws {
        #expect(
            try machine.read(StatReader()) == [
                "node_intr_total": 1_234_567, "node_context_switches_total": 89, "node_forks_total": 4711,
                "node_boot_time_seconds": 1_700_000_000, "node_procs_running": 2, "node_procs_blocked": 1,
            ]
        )
    }

    @Test func `Disks are in bytes and seconds, partitions and loops are left out`() throws {
        let samples = try machine.read(DiskReader(filter: NameFilter(HostSettings().disks)))
        #expect(samples[#"node_disk_read_bytes_total{device="sda"}"#] == 15360)
        #expect(samples[#"node_disk_read_time_seconds_total{device="sda"}"#] == 4)
        #expect(samples[#"node_disk_io_now{device="sda"}"#] == 9)
        #expect(samples[#"node_disk_io_time_weighted_seconds_total{device="sda"}"#] == 11)
        #expect(samples[#"node_disk_discarded_sectors_total{device="sda"}"#] == 14)
        #expect(samples[#"node_disk_flush_requests_time_seconds_total{device="sda"}"#] == 17)
        #expect(samples[#"node_disk_written_bytes_total{device="vda"}"#] == 3584)
        #expect(samples[#"node_disk_discards_completed_total{device="vda"}"#] == nil)
        #expect(!samples.keys.contains { $0.contains("sda1") || $0.contains("loop0") })
        let info = #"device="sda",major="8",minor="0",model="Model 1",path="",revision="",serial="S=1",wwn="0x5""#
        #expect(samples["node_disk_info{\(info)}"] == 1)
        #expect(samples.count == 18 + 12)
    }

    @Test func `Network interfaces, counters up to 64 bits`() throws {
        let samples = try machine.read(NetworkReader(filter: NameFilter(.init())))
        #expect(samples.count == 33)
        #expect(samples[#"node_network_receive_bytes_total{device="eth0"}"#] == 0x1p64)
        #expect(samples[#"node_network_receive_drop_total{device="lo"}"#] == 4)
        #expect(samples[#"node_network_transmit_compressed_total{device="lo"}"#] == 16)
        #expect(samples[#"node_network_receive_nohandler_total{device="eth0"}"#] == 17)
    }

    @Test func `Interfaces are chosen by expressions`() throws {
        let samples = try machine.read(NetworkReader(filter: NameFilter(.init(include: "^e", exclude: "0$"))))
        #expect(samples.isEmpty)
    }

    @Test func `Below a root the interfaces of its first process are meant`() throws {
        try machine.write("a\nb\n wan0: 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16\n", to: "proc/1/net/dev")
        let samples = try machine.read(NetworkReader(filter: NameFilter(.init())))
        #expect(samples.count == 16)
        #expect(samples[#"node_network_receive_bytes_total{device="wan0"}"#] == 1)
    }

    @Test func `The properties of interfaces are numbers under node_exporter's names`() throws {
        let samples = try machine.read(NetworkClassReader(filter: NameFilter(.init(include: "^eth"))))
        let properties = Dictionary(
            uniqueKeysWithValues: samples.filter { !$0.key.contains("_info{") }.map { series, value in
                (series.replacing("node_network_", with: "").replacing(#"{device="eth0"}"#, with: ""), value)
            }
        )
        #expect(
            properties == [
                "up": 1, "address_assign_type": 0, "carrier": 1, "carrier_changes_total": 5,
                "carrier_up_changes_total": 3, "carrier_down_changes_total": 2, "device_id": 31, "dormant": 0,
                "flags": 4099, "iface_id": 4, "iface_link": 5, "iface_link_mode": 0, "mtu_bytes": 1400,
                "name_assign_type": 1, "net_dev_group": 0, "speed_bytes": 1_250_000_000,
                "transmit_queue_length": 1000, "protocol_type": 1,
            ]
        )
        let info =
            #"node_network_info{address="02:fc:00:00:00:01",adminstate="up",broadcast="ff:ff:ff:ff:ff:ff","#
            + #"device="eth0",duplex="full",ifalias="uplink "A"",operstate="up"}"#
        #expect(samples[info] == 1)
    }

    @Test func `What an interface does not say is left out, and so is a speed that nobody knows`() throws {
        let samples = try machine.read(NetworkClassReader(filter: NameFilter(.init(exclude: "^eth"))))
        let info =
            #"node_network_info{address="",adminstate="down",broadcast="",device="tun0",duplex="",ifalias="","#
            + #"operstate="down"}"#
        #expect(
            samples == [#"node_network_up{device="tun0"}"#: 0, #"node_network_flags{device="tun0"}"#: 144, info: 1]
        )
    }

    @Test func `Attributes that are no numbers cost only themselves`() throws {
        let values = ["mtu": "many", "type": "0x", "iflink": "99999999999999999999", "flags": "0x7fffffffffffffff"]
        for (name, value) in values { try machine.write(value, to: "sys/class/net/eth0/\(name)") }
        try machine.write(String(repeating: "x", count: 9000), to: "sys/class/net/eth0/ifalias")
        let samples = try machine.read(NetworkClassReader(filter: NameFilter(.init(include: "eth0"))))
        #expect(samples.count == 16)
        #expect(samples[#"node_network_flags{device="eth0"}"#] == 0x1p63)
        #expect(samples[#"node_network_up{device="eth0"}"#] == 1)
    }

    @Test func `A machine without a folder of interfaces has no properties of them`() throws {
        let empty = try MachineFixture()
        #expect(try empty.read(NetworkClassReader(filter: NameFilter(.init()))).isEmpty)
    }

    @Test func `Virtual memory events are untyped`() throws {
        #expect(
            try machine.read(VMStatReader()) == [
                "node_vmstat_pgpgin": 6, "node_vmstat_pswpout": 7, "node_vmstat_pgmajfault": 8,
                "node_vmstat_oom_kill": 9,
            ]
        )
        #expect(try VMStatReader().read(from: HostRoot(machine.folder.path)).allSatisfy { $0.kind == .unknown })
    }

    @Test func `File descriptors and entropy`() throws {
        #expect(
            try machine.read(FileDescriptorReader()) == [
                "node_filefd_allocated": 863, "node_filefd_maximum": 2_465_610,
            ]
        )
        #expect(
            try machine.read(EntropyReader()) == [
                "node_entropy_available_bits": 256, "node_entropy_pool_size_bits": 4096,
            ]
        )
    }

    @Test func `Connection tracking is summed over CPUs`() throws {
        let samples = try machine.read(ConntrackReader())
        #expect(samples.count == 10)
        #expect(samples["node_nf_conntrack_entries"] == 12)
        #expect(samples["node_nf_conntrack_entries_limit"] == 262_144)
        #expect(samples["node_nf_conntrack_stat_found"] == 26)
        #expect(samples["node_nf_conntrack_stat_search_restart"] == 14)
    }

    @Test func `Pressure is in seconds`() throws {
        #expect(
            try machine.read(PressureReader()) == [
                "node_pressure_cpu_waiting_seconds_total": 1.5, "node_pressure_io_waiting_seconds_total": 2,
                "node_pressure_io_stalled_seconds_total": 1, "node_pressure_memory_waiting_seconds_total": 3,
                "node_pressure_memory_stalled_seconds_total": 0.25, "node_pressure_irq_stalled_seconds_total": 0.5,
            ]
        )
    }

    @Test func `The operating system's file is unquoted`() throws {
        let families = try OSReader().read(from: HostRoot(machine.folder.path))
        let labels = try #require(families.first?.metrics.first?.labels)
        #expect(labels.count == 12)
        #expect(labels["pretty_name"] == #"Some "System" 12.5"#)
        #expect(labels["name"] == "Some System")
        #expect(labels["version_id"] == "12.5.1")
        #expect(labels["build_id"] == "")
        let samples = MachineFixture.samples(families)
        #expect(samples[#"node_os_version{id="some",id_like="",name="Some System"}"#] == 12.5)
    }

    @Test func `Clock sources`() throws {
        let samples = try machine.read(TimeReader())
        #expect(samples[#"node_time_clocksource_available_info{clocksource="kvm-clock",device="0"}"#] == 1)
        #expect(samples[#"node_time_clocksource_current_info{clocksource="tsc",device="0"}"#] == 1)
        #expect(try #require(samples["node_time_seconds"]) > 1_700_000_000)
    }

    @Test(
        arguments: [
            ("12", 12), ("0.5", 0.5), ("-1", -1), ("18446744073709551616", 0x1p64), ("1e3", 1000),
            ("", nil), ("nan", nil), ("inf", nil), ("0x10", nil), ("1e999", nil), ("1 2", 1), ("+", nil),
            ("1.2.3", nil),
            (String(repeating: "9", count: 5000), nil), ("१२", nil),
        ] as [(String, Double?)]
    )
    func `Numbers are decimal and finite`(text: String, value: Double?) {
        var line = ProcLine(Array(text.utf8)[...])
        #expect(line.number() == value)
    }
}
