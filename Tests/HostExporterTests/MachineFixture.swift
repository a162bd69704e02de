import ExporterKit
import Exposition
import Logging
import TestSupport

@testable import HostExporter

/// A machine made of files.
struct MachineFixture {
    let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
        try folder.makeFolder("proc")
    }

    func write(_ text: String, to name: String) throws {
        if let slash = name.lastIndex(of: "/") { try folder.makeFolder(String(name[..<slash])) }
        try folder.write(text, to: name)
    }

    /// What one reader gives.
    func read(_ reader: some HostReader) throws -> [String: Double] {
        Self.samples(try reader.read(from: HostRoot(folder.path)))
    }

    /// Series and values.
    static func samples(_ families: [MetricFamily]) -> [String: Double] {
        var samples: [String: Double] = [:]
        for family in families {
            for metric in family.metrics {
                guard case .number(let value) = metric.value else { continue }
                let labels = metric.labels.labels.map { "\($0.name)=\"\($0.value)\"" }.joined(separator: ",")
                samples[labels.isEmpty ? family.name : "\(family.name){\(labels)}"] = value
            }
        }
        return samples
    }

    /// An exporter of this machine.
    func exporter(_ change: (inout HostSettings) -> Void = { _ in }) throws -> HostExporter {
        var settings = HostSettings()
        settings.root = folder.path
        change(&settings)
        let probe = MountProbe(stuck: StuckMounts(), timeout: .seconds(30), clock: ContinuousClock())
        return try HostExporter(settings: settings, probe: probe, logger: Logger(label: "test"))
    }

    /// Every kind of file, as a machine has them.
    func writeAll() throws {
        for (name, text) in Self.files { try write(text, to: name) }
    }

    static let files = [
        "proc/stat": """
        cpu  300 20 30 40 50 60 70 80 90 100
        cpu0 100 10 10 20 25 30 35 40 45 50
        cpu1 200 10 20 20 25 30 35 40 45 50
        intr 1234567 1 0 0 5
        ctxt 89
        btime 1700000000
        processes 4711
        procs_running 2
        procs_blocked 1
        softirq 5 0 1 1 1 1 1

        """,
        "proc/meminfo": """
        MemTotal:       16000000 kB
        Active(anon):        100 kB
        HugePages_Total:       3
        Hugepagesize:       2048 kB

        """,
        "proc/loadavg": "0.25 1.50 10.00 2/345 6789\n",
        "proc/diskstats": """
           8       0 sda 10 20 30 4000 50 60 70 8000 9 10000 11000 12 13 14 15000 16 17000
           8       1 sda1 1 1 1 1 1 1 1 1 1 1 1
           7       0 loop0 1 1 1 1 1 1 1 1 1 1 1
         254       0 vda 1 2 3 4 5 6 7 8 9 10 11

        """,
        "proc/net/dev": """
        Inter-|   Receive                                                |  Transmit
         face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
            lo:       1       2    3    4    5     6          7         8        9      10   11   12   13    14      15         16
          eth0:18446744073709551615 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16

        """,
        "proc/vmstat": "nr_free_pages 5\npgpgin 6\npswpout 7\npgmajfault 8\noom_kill 9\npgsteal_kswapd 10\n",
        "proc/sys/fs/file-nr": "863\t0\t2465610\n",
        "proc/sys/kernel/random/entropy_avail": "256\n",
        "proc/sys/kernel/random/poolsize": "4096\n",
        "proc/sys/net/netfilter/nf_conntrack_count": "12\n",
        "proc/sys/net/netfilter/nf_conntrack_max": "262144\n",
        "proc/net/stat/nf_conntrack": """
        entries  clashres found new invalid ignore delete chainlength insert insert_failed drop early_drop icmp_error  expect_new expect_create expect_delete search_restart
        00000001  00000000 0000000a 00000000 00000001 00000002 00000000 00000000 00000003 00000004 00000005 00000006 00000000  00000000 00000000 00000000 00000007
        00000001  00000000 00000010 00000000 00000001 00000002 00000000 00000000 00000003 00000004 00000005 00000006 00000000  00000000 00000000 00000000 00000007

        """,
        "proc/pressure/cpu": "some avg10=8.61 avg60=4.61 avg300=5.16 total=1500000\nfull avg10=0.00 total=7\n",
        "proc/pressure/io": "some avg10=0.00 total=2000000\nfull avg10=0.00 total=1000000\n",
        "proc/pressure/memory": "some avg10=0.00 total=3000000\nfull avg10=0.00 total=250000\n",
        "proc/pressure/irq": "full avg10=0.00 avg60=0.00 avg300=0.00 total=500000\n",
        "proc/mounts": """
        /dev/sda1 / ext4 rw,relatime 0 0
        proc /proc proc rw 0 0
        tmpfs /run tmpfs ro,nosuid 0 0
        /dev/sdb /with\\040space\\134 xfs rw 0 0
        /dev/sda1 / ext4 rw,relatime 0 0

        """,
        "etc/os-release": """
        # A comment.
        PRETTY_NAME="Some \\"System\\" 12.5"
        NAME='Some System'
        ID=some
        VERSION_ID="12.5.1"

        """,
        "sys/class/net/bonding_masters": "bond0\n",
        "sys/class/net/eth0/addr_assign_type": "0\n",
        "sys/class/net/eth0/address": "02:fc:00:00:00:01\n",
        "sys/class/net/eth0/broadcast": "ff:ff:ff:ff:ff:ff\n",
        "sys/class/net/eth0/carrier": "1\n",
        "sys/class/net/eth0/carrier_changes": "5\n",
        "sys/class/net/eth0/carrier_down_count": "2\n",
        "sys/class/net/eth0/carrier_up_count": "3\n",
        "sys/class/net/eth0/dev_id": "0x1f\n",
        "sys/class/net/eth0/dormant": "0\n",
        "sys/class/net/eth0/duplex": "full\n",
        "sys/class/net/eth0/flags": "0x1003\n",
        "sys/class/net/eth0/ifalias": "uplink \"A\"\n",
        "sys/class/net/eth0/ifindex": "4\n",
        "sys/class/net/eth0/iflink": "5\n",
        "sys/class/net/eth0/link_mode": "0\n",
        "sys/class/net/eth0/mtu": "1400\n",
        "sys/class/net/eth0/name_assign_type": "1\n",
        "sys/class/net/eth0/netdev_group": "0\n",
        "sys/class/net/eth0/operstate": "up\n",
        "sys/class/net/eth0/speed": "10000\n",
        "sys/class/net/eth0/statistics/rx_nohandler": "17\n",
        "sys/class/net/eth0/tx_queue_len": "1000\n",
        "sys/class/net/eth0/type": "1\n",
        "sys/class/net/tun0/flags": "0x90\n",
        "sys/class/net/tun0/operstate": "down\n",
        "sys/class/net/tun0/speed": "-1\n",
        "sys/devices/system/clocksource/clocksource0/available_clocksource": "tsc kvm-clock \n",
        "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
        "run/udev/data/b8:0": "S:disk/by-id/x\nE:ID_MODEL=Model 1\nE:ID_WWN=0x5\nE:ID_SERIAL_SHORT=S=1\nE:OTHER=x\n",
    ]
}
