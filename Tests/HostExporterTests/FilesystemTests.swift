import ExporterKit
import Exposition
import Glibc
import Synchronization
import TestSupport
import Testing

@testable import HostExporter

@Suite struct FilesystemTests {
    private let machine: MachineFixture

    init() throws {
        machine = try MachineFixture()
        try machine.writeAll()
    }

    private func collector(_ probe: MountProbe) throws -> FilesystemCollector {
        let settings = HostSettings()
        return FilesystemCollector(
            root: HostRoot(machine.folder.path),
            mountPoints: try NameFilter(settings.mountPoints),
            types: try NameFilter(settings.filesystemTypes),
            probe: probe
        )
    }

    private func collect(_ collector: some MetricCollector) async throws -> [String: Double] {
        var batch = MetricBatch()
        try await collector.collect(into: &batch)
        return MachineFixture.samples(batch.parts.flatMap(\.families))
    }

    private static let statistics = FilesystemStatistics(size: 100, free: 50, available: 40, files: 10, filesFree: 5)

    @Test func `Mounts give their size once, with names unescaped, without the ones that are excluded`() async throws {
        let prefix = machine.folder.path
        let asked = Mutex<[String]>([])
        let probe = MountProbe(stuck: StuckMounts(), timeout: .seconds(30), clock: ContinuousClock()) { path in
            asked.withLock { $0.append(String(decoding: path, as: UTF8.self)) }
            return path.last == UInt8(ascii: "n") ? .failed : .answered(Self.statistics)
        }
        let samples = try await collect(collector(probe))
        #expect(asked.withLock { $0 } == ["\(prefix)/", "\(prefix)/run", "\(prefix)/with space\\"])
        let root = #"{device="/dev/sda1",fstype="ext4",mountpoint="/"}"#
        #expect(samples["node_filesystem_size_bytes\(root)"] == 100)
        #expect(samples["node_filesystem_free_bytes\(root)"] == 50)
        #expect(samples["node_filesystem_avail_bytes\(root)"] == 40)
        #expect(samples["node_filesystem_files\(root)"] == 10)
        #expect(samples["node_filesystem_files_free\(root)"] == 5)
        #expect(samples["node_filesystem_readonly\(root)"] == 0)
        #expect(samples["node_filesystem_device_error\(root)"] == 0)
        let failed = #"{device="tmpfs",fstype="tmpfs",mountpoint="/run"}"#
        #expect(samples["node_filesystem_readonly\(failed)"] == 1)
        #expect(samples["node_filesystem_device_error\(failed)"] == 1)
        #expect(samples["node_filesystem_size_bytes\(failed)"] == nil)
        #expect(samples[#"node_filesystem_files{device="/dev/sdb",fstype="xfs",mountpoint="/with space\"}"#] == 10)
        #expect(samples.count == 16)
    }

    @Test func `A mount that hangs costs only itself, is left alone, and is asked again when it has answered`()
        async throws
    {
        let gate = try ThreadGate()
        let clock = ManualClock()
        let stuck = StuckMounts()
        let probe = MountProbe(stuck: stuck, timeout: .seconds(5), clock: clock) { path in
            if path == Array("/hangs".utf8) { gate.pass() }
            return .answered(Self.statistics)
        }
        let paths = ["/a", "/hangs", "/b"].map { Array($0.utf8) }
        let good = MountOutcome.answered(Self.statistics)

        let first = Task { try await probe.outcomes(of: paths) }
        try await waitUntil("the mount is being asked") { gate.arrivals == 1 }
        // Only a mount that was being asked for a whole timeout is given up.
        for _ in 0..<2 {
            try await clock.sleepers()
            clock.advance(by: .seconds(5))
        }
        #expect(try await first.value == [good, .stuck, good])
        #expect(stuck.contains(paths[1]))

        #expect(try await probe.outcomes(of: paths) == [good, .stuck, good])
        #expect(gate.arrivals == 1)

        gate.open()
        try await waitUntil("the mount is forgiven") { !stuck.contains(paths[1]) }
        #expect(try await probe.outcomes(of: paths) == [good, good, good])
    }

    @Test func `Several hanging mounts are found one after another`() async throws {
        let gate = try ThreadGate()
        let stuck = StuckMounts()
        let probe = MountProbe(stuck: stuck, timeout: .milliseconds(20), clock: ContinuousClock()) { path in
            if path.count > 2 { gate.pass() }
            return .answered(Self.statistics)
        }
        let paths = ["/aa", "/b", "/cc", "/dd", "/e"].map { Array($0.utf8) }
        let good = MountOutcome.answered(Self.statistics)
        #expect(try await probe.outcomes(of: paths) == [.stuck, good, .stuck, .stuck, good])
        #expect(gate.arrivals == 3)
        gate.open()
        for path in paths { try await waitUntil("\(path) is forgiven") { !stuck.contains(path) } }
    }

    @Test func `With too many hanging mounts no more are asked`() async throws {
        let stuck = StuckMounts()
        for number in 0..<StuckMounts.limit { stuck.insert(Array("/\(number)".utf8)) }
        let probe = MountProbe(stuck: stuck, timeout: .seconds(30), clock: ContinuousClock()) { _ in
            Issue.record("was asked")
            return .failed
        }
        #expect(try await probe.outcomes(of: [Array("/new".utf8)]) == [.stuck])
    }

    @Test func `A cancelled collection ends at once and leaves the mount to its thread`() async throws {
        let gate = try ThreadGate()
        let stuck = StuckMounts()
        let probe = MountProbe(stuck: stuck, timeout: .seconds(3600), clock: ContinuousClock()) { path in
            if path == Array("/hangs".utf8) { gate.pass() } else { Issue.record("goes on after the end") }
            return .failed
        }
        let task = Task { try await probe.outcomes(of: ["/hangs", "/b"].map { Array($0.utf8) }) }
        try await waitUntil("the mount is being asked") { gate.arrivals == 1 }
        task.cancel()
        await #expect(throws: CancellationError.self) { try await task.value }
        #expect(stuck.contains(Array("/hangs".utf8)))
        gate.open()
        try await waitUntil("the mount is forgiven") { !stuck.contains(Array("/hangs".utf8)) }
    }

    @Test func `The real root has a size`() throws {
        guard case .answered(let statistics) = FilesystemStatistics.read(Array("/".utf8)) else {
            Issue.record("/ did not answer")
            return
        }
        #expect(statistics.size > statistics.free)
        #expect(FilesystemStatistics.read(Array("/no/such/folder".utf8)) == .failed)
    }

    @Test func `Lines that are no mounts are left out`() {
        let text = "a\n\nb /b\nc /c ext4\nd relative ext4 rw\n/dev/x /x\\0 ext4 ro\n/dev/y /y\\777\\040 \u{FF} rw,ro\n"
        let mounts = Mount.parse(ProcText(bytes: Array(text.utf8)))
        #expect(mounts.map(\.mountPoint) == ["/x\\0", "/y\\777 "])
        #expect(mounts.map(\.isReadOnly) == [true, true])
    }
}
