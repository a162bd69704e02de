import Exposition
import Synchronization

/// `node_cpu_*`: time per CPU and mode.
final class CPUReader: HostReader {
    private static let modes = ["user", "nice", "system", "idle", "iowait", "irq", "softirq", "steal"]
    private static let guestModes = ["user", "nice"]
    private static let idle = 3
    /// The kernel counts in hundredths of a second here, on every machine.
    private static let ticksPerSecond = 100.0
    /// An idle time that falls by more is that of a CPU which was taken out and put back, so it starts anew.
    private static let restart = 3.0

    private let latest = Mutex<[String: [Double]]>([:])

    var name: HostCollectorName { .cpu }

    func read(from root: HostRoot) throws -> [MetricFamily] {
        var found: [(cpu: String, seconds: [Double])] = []
        for var line in try root.read("proc/stat").lines {
            guard let word = line.word(), word.starts(with: "cpu".utf8), word.count > 3 else { continue }
            let digits = word.dropFirst(3)
            guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { continue }
            var seconds: [Double] = []
            while seconds.count < Self.modes.count + Self.guestModes.count, let ticks = line.number(), ticks >= 0 {
                seconds.append(ticks / Self.ticksPerSecond)
            }
            // Old kernels have fewer modes, but all have these four.
            if seconds.count >= 4 { found.append((String(decoding: digits, as: UTF8.self), seconds)) }
        }
        guard !found.isEmpty else { throw root.malformed("proc/stat") }
        smooth(&found)
        return families(found)
    }

    /// Some of the kernel's counters fall a little now and then (`iowait` is known for it); a counter must not.
    private func smooth(_ found: inout [(cpu: String, seconds: [Double])]) {
        latest.withLock { latest in
            for index in found.indices {
                guard let before = latest[found[index].cpu] else { continue }
                if before[Self.idle] - found[index].seconds[Self.idle] >= Self.restart { continue }
                for (mode, value) in before.enumerated() where mode < found[index].seconds.count {
                    found[index].seconds[mode] = max(found[index].seconds[mode], value)
                }
            }
            latest = Dictionary(found.map { ($0.cpu, $0.seconds) }) { $1 }
        }
    }

    private func families(_ found: [(cpu: String, seconds: [Double])]) -> [MetricFamily] {
        var all = MetricFamily(
            name: "node_cpu_seconds_total",
            kind: .counter,
            help: "Seconds the CPUs spent in each mode."
        )
        var guests = MetricFamily(
            name: "node_cpu_guest_seconds_total",
            kind: .counter,
            help: "Seconds the CPUs spent in guests (VMs) for each mode."
        )
        for (cpu, seconds) in found {
            for (mode, value) in zip(Self.modes, seconds) { all.add(value, ["cpu": cpu, "mode": mode]) }
            for (mode, value) in zip(Self.guestModes, seconds.dropFirst(Self.modes.count)) {
                guests.add(value, ["cpu": cpu, "mode": mode])
            }
        }
        return guests.metrics.isEmpty ? [all] : [all, guests]
    }
}
