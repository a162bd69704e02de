import ExporterKit
import Exposition
import Glibc
import TestSupport
import Testing

@testable import HostExporter

@Suite struct HostExporterTests {
    private func collect(_ exporter: HostExporter) async throws -> MetricBatch {
        var batch = MetricBatch()
        for collector in exporter.collectors { try await collector.collect(into: &batch) }
        return batch
    }

    @Test func `All collectors give valid pages without problems`() async throws {
        let machine = try MachineFixture()
        try machine.writeAll()
        let exporter = try machine.exporter()
        try await exporter.setUp()
        let batch = try await collect(exporter)
        #expect(batch.parts.compactMap(\.error) == [])
        #expect(
            batch.parts.map(\.name).filter { !$0.isEmpty }
                == HostCollectorName.allCases.filter { $0 != .filesystem }.map(\.rawValue)
        )
        let snapshot = SnapshotEncoder(labels: ["service": "here"]).encode(batch.parts.flatMap(\.families))
        #expect(snapshot.problems == [])
        #expect(snapshot.sampleCount > 100)
        await exporter.close()
    }

    @Test func `Only the chosen collectors run`() async throws {
        let machine = try MachineFixture()
        try machine.writeAll()
        let batch = try await collect(machine.exporter { $0.collectors = [.loadavg, .cpu] })
        #expect(batch.parts.map(\.name) == ["cpu", "loadavg"])
        #expect(try machine.exporter { $0.collectors = [.filesystem] }.collectors.map(\.name) == ["filesystem"])
    }

    @Test func `A file that cannot be read costs only its part`() async throws {
        let machine = try MachineFixture()
        try machine.writeAll()
        unlink(machine.folder.path("proc/meminfo"))
        try machine.write("nonsense", to: "proc/loadavg")
        let batch = try await collect(machine.exporter())
        let errors = Dictionary(
            uniqueKeysWithValues: batch.parts.filter { $0.error != nil }.map { ($0.name, $0.error) }
        )
        #expect(errors.keys.sorted() == ["loadavg", "meminfo"])
        #expect(errors["meminfo"] == "\(machine.folder.path)/proc/meminfo: No such file or directory")
        #expect(errors["loadavg"] == "\(machine.folder.path)/proc/loadavg: has unexpected content")
        #expect(batch.serviceAnswered == nil)
    }

    @Test func `What a machine does not have is no error`() async throws {
        let machine = try MachineFixture()
        for name in ["stat", "meminfo", "loadavg", "net/dev", "vmstat", "sys/fs/file-nr", "mounts"] {
            let file = "proc/\(name)"
            try machine.write(try #require(MachineFixture.files[file]), to: file)
        }
        let batch = try await collect(machine.exporter())
        #expect(batch.parts.compactMap(\.error) == [])
    }

    @Test func `A root that is gone does not count as an answer`() async throws {
        let machine = try MachineFixture()
        let batch = try await {
            var batch = MetricBatch()
            let readers: [any HostReader] = [LoadReader(), MemoryReader(), TimeReader(), UnameReader()]
            try await HostCollector(root: HostRoot(machine.folder.path), readers: readers).collect(into: &batch)
            return batch
        }()
        #expect(batch.parts.map { $0.error == nil } == [false, false, true, true])
        #expect(batch.serviceAnswered == false)
    }

    @Test func `Setting up without a proc folder fails and names it`() async throws {
        let machine = try MachineFixture()
        let exporter = try machine.exporter { $0.root = machine.folder.path("nowhere") }
        let error = await #expect(throws: HostFileError.self) { try await exporter.setUp() }
        #expect(error?.description == "\(machine.folder.path)/nowhere/proc: No such file or directory")
    }

    @Test(arguments: MachineFixture.files.keys.sorted())
    func `Hostile content never traps and never makes an invalid page`(file: String) async throws {
        let machine = try MachineFixture()
        try machine.writeAll()
        var generator = SeededGenerator(seed: UInt64(file.utf8.reduce(0) { $0 &* 31 &+ Int($1) }.magnitude))
        let original = Array(try #require(MachineFixture.files[file]).utf8)
        let exporter = try machine.exporter()
        for _ in 0..<30 {
            try Self.mutate(original, using: &generator).withUnsafeBytes { bytes in
                let descriptor = open(machine.folder.path(file), O_WRONLY | O_TRUNC)
                defer { close(descriptor) }
                try #require(descriptor >= 0 && write(descriptor, bytes.baseAddress, bytes.count) == bytes.count)
            }
            let batch = try await collect(exporter)
            let snapshot = SnapshotEncoder(labels: ["service": "here"]).encode(batch.parts.flatMap(\.families))
            for problem in snapshot.problems { #expect(problem.reason == .duplicateSeries, "\(problem)") }
        }
    }

    private static func mutate(_ original: [UInt8], using generator: inout SeededGenerator) -> [UInt8] {
        var bytes = original
        for _ in 0..<Int.random(in: 1...8, using: &generator) {
            let place = bytes.isEmpty ? 0 : Int.random(in: 0..<bytes.count, using: &generator)
            switch Int.random(in: 0..<7, using: &generator) {
            case 0 where !bytes.isEmpty: bytes.remove(at: place)
            case 1 where !bytes.isEmpty: bytes[place] = UInt8.random(in: 0...255, using: &generator)
            case 2: bytes.insert(contentsOf: Array("99999999999999999999999".utf8), at: place)
            case 3: bytes.insert(contentsOf: Array("-1e308\n\n:".utf8), at: place)
            case 4: bytes.removeLast(min(bytes.count, place))
            case 5: bytes.insert(contentsOf: [0, 0xFF, 0xFE, UInt8(ascii: " "), UInt8(ascii: "\t")], at: place)
            default: bytes += original
            }
        }
        return bytes
    }

    @Test(arguments: ["proc/stat", "proc/meminfo", "proc/diskstats", "proc/pressure/io", "proc/net/dev"])
    func `Pipes, folders and huge files are errors of their parts`(file: String) async throws {
        let machine = try MachineFixture()
        try machine.writeAll()
        let path = machine.folder.path(file)
        let exporter = try machine.exporter { $0.collectors.remove(.filesystem) }

        unlink(path)
        mkfifo(path, 0o644)
        var errors = try await collect(exporter).parts.compactMap(\.error)
        #expect(!errors.isEmpty && errors.allSatisfy { $0 == "\(path): is not a regular file" })

        unlink(path)
        mkdir(path, 0o755)
        errors = try await collect(exporter).parts.compactMap(\.error)
        #expect(!errors.isEmpty && errors.allSatisfy { $0 == "\(path): is not a regular file" })

        rmdir(path)
        try machine.write("", to: file)
        truncate(path, 8 << 20)
        errors = try await collect(exporter).parts.compactMap(\.error)
        #expect(!errors.isEmpty && errors.allSatisfy { $0.contains("is larger than") })
    }
}
