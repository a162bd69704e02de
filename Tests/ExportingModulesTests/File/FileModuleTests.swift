import Foundation
import Glibc
import Synchronization
import Testing

@testable import ExportingModules

@Suite("The file module")
struct FileModuleTests {
    @Test("Samples and alerts are appended to their files, and what was there stays")
    func appends() async throws {
        let folder = try TemporaryFolder()
        for run in 0..<3 {
            let module = try make(folder, ["file.alarm": .text("\(folder.path)/alerts.json")])
            try await module.start(series: "run-\(run)")
            #expect(try await module.write(time: 0, samples: Records.samples(10, from: run * 10)).acceptedCount == 10)
            #expect(try await module.warn(time: 0, alert: Records.alert) == .accepted)
            try await module.close()
        }
        let lines = try folder.lines("data.json")
        #expect(try lines.map(value) == (0..<30).map(Double.init))
        #expect(try folder.lines("alerts.json").count == 3)
    }

    @Test("Comma-separated values have one header, after restarts too")
    func header() async throws {
        let folder = try TemporaryFolder()
        for _ in 0..<2 {
            let module = try make(folder, ["file.format": .text("csv")])
            try await module.start(series: "run")
            _ = try await module.write(time: 0, samples: Records.samples(2))
            try await module.close()
        }
        let lines = try folder.lines("data.json")
        #expect(lines.count == 5)
        #expect(lines.filter { $0.hasPrefix("time,") }.count == 1)
        #expect(lines[1] == "0,run,,m,{},gauge,0")
    }

    @Test("%s is the name of the run, which cannot lead elsewhere")
    func seriesName() async throws {
        let folder = try TemporaryFolder()
        let module = try make(folder, ["file.data": .text("\(folder.path)/x-%s.json")])
        try await module.start(series: "../../a/b\n")
        _ = try await module.write(time: 0, samples: Records.samples(1))
        #expect(folder.names == ["x-..-..-a-b-.json"])
        try await module.close()
        // Each start expands the name anew.
        try await module.start(series: "second")
        #expect(folder.names == ["x-..-..-a-b-.json", "x-second.json"])
        try await module.close()
        #expect(FileModule.expand("%s/%d%", "..") == "_/%d%")
    }

    @Test("A file that ends in the middle of a line is continued on a new one")
    func torn() async throws {
        let folder = try TemporaryFolder()
        try "{\"type\":\"da".write(toFile: "\(folder.path)/data.json", atomically: false, encoding: .utf8)
        let module = try make(folder)
        try await module.start(series: "")
        _ = try await module.write(time: 0, samples: Records.samples(2))
        let lines = try folder.lines("data.json")
        #expect(lines.count == 3)
        #expect(lines[0] == "{\"type\":\"da")
        #expect(try lines[1...].map(value) == [0, 1])
        try await module.close()
    }

    @Test("No file exceeds the size, no record is lost or torn, and only so many are kept")
    func rotatesBySize() async throws {
        let folder = try TemporaryFolder()
        let module = try make(folder, ["file.rotate_size": .integer(1000)])
        try await module.start(series: "run")
        for batch in 0..<20 {
            let delivery = try await module.write(time: 0, samples: Records.samples(17, from: batch * 17))
            #expect(delivery.acceptedCount == 17)
        }
        try await module.close()
        #expect(folder.names.count > 10)
        var values: [Double] = []
        for name in RotatedFiles.list("\(folder.path)/data.json") + ["\(folder.path)/data.json"] {
            let file = try #require(name.split(separator: "/").last.map(String.init))
            #expect(try folder.text(file).utf8.count <= 1000)
            values += try folder.lines(file).map(value)
        }
        #expect(values == (0..<340).map(Double.init))
        #expect(module.rotationProblem == nil)
    }

    @Test("Of the files that were put aside the newest are kept, and no other file is touched")
    func keeps() async throws {
        let folder = try TemporaryFolder()
        for name in ["data.json.old", "data.json.20260101T000000Z.bz2", "data.jsonx.20260101T000000Z"] {
            try "x".write(toFile: "\(folder.path)/\(name)", atomically: false, encoding: .utf8)
        }
        let module = try make(folder, ["file.rotate_size": .integer(200), "file.keep": .integer(3)])
        try await module.start(series: "run")
        for batch in 0..<30 {
            _ = try await module.write(time: Int64(batch) * 60_000, samples: Records.samples(1, from: batch))
        }
        try await module.close()
        let put = RotatedFiles.list("\(folder.path)/data.json")
        #expect(put.count == 3)
        #expect(folder.names.count == 7)
        let last = try #require(put.last?.split(separator: "/").last.map(String.init))
        #expect(try folder.lines(last).map(value) == [27, 28] || folder.lines(last).map(value) == [28])
    }

    @Test("A record that is larger than the limit is written whole, alone")
    func hugeRecord() async throws {
        let folder = try TemporaryFolder()
        let module = try make(folder, ["file.rotate_size": .integer(200)])
        try await module.start(series: "")
        let huge = Sample(name: String(repeating: "n", count: 5000), value: 1, timestamp: 0)
        let delivery = try await module.write(time: 0, samples: [Records.samples(1)[0], huge, Records.samples(1)[0]])
        #expect(delivery.acceptedCount == 3)
        #expect(folder.names.count == 3)
        try await module.close()
    }

    @Test("A file holds the records of one interval, after a restart too")
    func rotatesByTime() async throws {
        let folder = try TemporaryFolder()
        let hour: Int64 = 3_600_000
        // Later than any file that is written now.
        let start = 8_000_000_000_000 / hour * hour
        let module = try make(folder, ["file.rotate_interval": .text("1h"), "file.format": .text("csv")])
        try await module.start(series: "run")
        for minute in 0..<150 as Range<Int64> {
            _ = try await module.write(time: start + minute * 60_000, samples: Records.samples(1, from: Int(minute)))
        }
        try await module.close()
        let put = RotatedFiles.list("\(folder.path)/data.json")
        #expect(put.count == 2)
        #expect(try put.map { try folder.lines(String($0.split(separator: "/").last ?? "")).count } == [61, 61])
        #expect(try folder.lines("data.json").count == 31)
        let again = try make(folder, ["file.rotate_interval": .text("1h"), "file.format": .text("csv")])
        try await again.start(series: "run")
        _ = try await again.write(time: start + 5 * hour, samples: Records.samples(1))
        try await again.close()
        #expect(RotatedFiles.list("\(folder.path)/data.json").count == 3)
    }

    @Test("A file that was moved away is begun anew, asked or not", arguments: [true, false])
    func reopens(asks: Bool) async throws {
        let folder = try TemporaryFolder()
        let module = try make(folder)
        try await module.start(series: "")
        _ = try await module.write(time: 0, samples: Records.samples(1))
        try FileManager.default.moveItem(atPath: "\(folder.path)/data.json", toPath: "\(folder.path)/moved.json")
        if asks { try await module.reopen() }
        _ = try await module.write(time: 0, samples: Records.samples(2))
        #expect(try folder.lines("moved.json").count == 1)
        #expect(try folder.lines("data.json").count == 2)
        try await module.close()
    }

    @Test("On a full disk nothing is torn and every record is answered for", arguments: [0, 1, 100, 5000, 20_000])
    func fullDisk(room: Int) async throws {
        let folder = try TemporaryFolder()
        let disk = SmallDisk()
        let settings = ModuleValue.text("\(folder.path)/data.json")
        let module = try FileModule(
            configuration: ModuleConfiguration(of: FileModule.self, settings: ["file.data": settings]),
            write: { disk.write($0, $1) }
        )
        try await module.start(series: "run")
        _ = try await module.write(time: 0, samples: Records.samples(1))
        disk.room.withLock { $0 = room }
        let rest = Records.samples(4000, from: 1)
        var accepted = 0
        do {
            let delivery = try await module.write(time: 0, samples: rest)
            accepted = delivery.acceptedCount
            #expect((0..<accepted).allSatisfy { delivery[$0] == .accepted })
            #expect(delivery.retryCount == 4000 - accepted)
        } catch let error as ModuleIOError {
            #expect(error.code == ENOSPC)
        }
        #expect(try folder.lines("data.json").count == 1 + accepted)
        #expect(try folder.text("data.json").hasSuffix("\n"))
        // With room again the rest goes in.
        disk.room.withLock { $0 = .max }
        _ = try await module.write(time: 0, samples: Array(rest.dropFirst(accepted)))
        #expect(try folder.lines("data.json").map(value) == (0...4000).map(Double.init))
        try await module.close()
    }

    @Test("What was written before the disk was full counts as written")
    func partlyFull() async throws {
        let folder = try TemporaryFolder()
        let disk = SmallDisk()
        disk.room.withLock { $0 = 600_000 }
        let settings = ModuleValue.text("\(folder.path)/data.json")
        let module = try FileModule(
            configuration: ModuleConfiguration(of: FileModule.self, settings: ["file.data": settings]),
            write: { disk.write($0, $1) }
        )
        try await module.start(series: "run")
        let delivery = try await module.write(time: 0, samples: Records.samples(10_000))
        #expect(delivery.acceptedCount > 0)
        #expect(delivery.retryCount > 0)
        #expect(delivery.acceptedCount + delivery.retryCount == 10_000)
        #expect(try folder.lines("data.json").count == delivery.acceptedCount)
        try await module.close()
    }

    @Test("Two modules cannot write to one file at once")
    func locked() async throws {
        let folder = try TemporaryFolder()
        let first = try make(folder)
        try await first.start(series: "")
        let second = try make(folder)
        let error = await #expect(throws: ModuleIOError.self) { try await second.start(series: "") }
        #expect(error?.operation == "lock")
        try await first.close()
        try await second.start(series: "")
        try await second.close()
    }

    @Test("A start that fails names the path and leaves nothing open")
    func failedStart() async throws {
        let folder = try TemporaryFolder()
        let module = try make(folder, ["file.alarm": .text("\(folder.path)/no/such/folder.json")])
        let error = await #expect(throws: ModuleIOError.self) { try await module.start(series: "") }
        #expect(error?.code == ENOENT)
        #expect(error?.description == "open \(folder.path)/no/such/folder.json: No such file or directory")
        // The other file is not held.
        let other = try make(folder)
        try await other.start(series: "")
        try await other.close()
        let directory = try make(folder, ["file.data": .text(folder.path)])
        await #expect(throws: ModuleIOError.self) { try await directory.start(series: "") }
    }

    @Test(
        "A configuration that makes no sense is refused",
        arguments: [
            [:], ["file.data": .text("a"), "file.alarm": .text("a")],
            ["file.data": .text("a"), "file.format": .text("xml")],
            ["file.data": .text("a"), "file.keep": .integer(-1)],
        ] as [[String: ModuleValue]]
    )
    func refuses(settings: [String: ModuleValue]) {
        #expect(throws: ModuleConfigurationError.self) {
            _ = try ModuleCatalogue.standard.make("file", settings: settings)
        }
    }

    private func make(_ folder: TemporaryFolder, _ settings: [String: ModuleValue] = [:]) throws -> FileModule {
        let all = ["file.data": .text("\(folder.path)/data.json")].merging(settings) { $1 }
        return try FileModule(configuration: ModuleConfiguration(of: FileModule.self, settings: all))
    }

    private func value(_ line: String) throws -> Double {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(object?["value"] as? Double)
    }
}

/// A disk that takes so many bytes and no more.
private final class SmallDisk: Sendable {
    let room = Mutex(Int.max)

    func write(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer) -> Int {
        room.withLock { room in
            let count = min(room, bytes.count)
            guard count > 0 else {
                errno = ENOSPC
                return -1
            }
            let written = Glibc.write(descriptor, bytes.baseAddress, count)
            if written > 0, room < .max { room -= written }
            return written
        }
    }
}
