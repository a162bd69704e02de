import Foundation
import Glibc
import TestSupport
import Testing

@testable import ExportingModules

@Suite("Compression of the files that were put aside")
struct FileCompressionTests {
    private let folder: ExportingModulesTests.TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("Files that were put aside are compressed, no record is lost, and the current file is plain")
    func compresses() async throws {
        let module = try make(["file.rotate_size": .integer(20_000)])
        try await module.start(series: "run")
        for batch in 0..<40 {
            let samples = Records.samples(100, from: batch * 100)
            #expect(try await module.write(time: Int64(batch) * 1000, samples: samples).acceptedCount == 100)
        }
        try await module.finishCompressing()
        #expect(module.rotationProblem == nil)
        try await module.close()
        let put = RotatedFiles.list(data)
        #expect(put.count > 10)
        #expect(put.allSatisfy { $0.hasSuffix(".gz") })
        #expect(folder.names.count == put.count + 1)
        var text = ""
        for file in put { text += try await Command.output(["gzip", "-dc", file]) }
        text += try folder.text("data.json")
        let values = try text.split(separator: "\n").map { try value(String($0)) }
        #expect(values == (0..<4000).map(Double.init))
    }

    @Test("The file of alerts is compressed too")
    func alerts() async throws {
        let module = try make(["file.rotate_size": .integer(300), "file.alarm": .text("\(folder.path)/alarms.csv")])
        try await module.start(series: "run")
        for time in 0..<5 { _ = try await module.warn(time: Int64(time) * 1000, alert: Records.alert) }
        try await module.finishCompressing()
        let put = RotatedFiles.list("\(folder.path)/alarms.csv")
        #expect(put.count == 4)
        for file in put { try await Command.output(["gzip", "-t", file]) }
        try await module.close()
    }

    @Test("What a crash left is finished at the next start")
    func crash() async throws {
        let text = (0..<5000).map { "line \($0)\n" }.joined()
        // Cut while it was compressed; cut before the plain one was removed; a part whose plain one is gone.
        try write(text, "data.json.20260101T000000Z")
        try write("garbage", "data.json.20260101T000000Z.gz.part")
        try write(text, "data.json.20260102T000000Z.1")
        try write("garbage", "data.json.20260102T000000Z.1.gz")
        try write("garbage", "data.json.20260103T000000Z.gz.part")
        let module = try make()
        try await module.start(series: "run")
        try await module.finishCompressing()
        try await module.close()
        #expect(
            folder.names == ["data.json", "data.json.20260101T000000Z.gz", "data.json.20260102T000000Z.1.gz"]
        )
        for file in RotatedFiles.list(data) { #expect(try await Command.output(["gzip", "-dc", file]) == text) }
    }

    @Test("What cannot be compressed stays as it is, and is said; records are written all the same")
    func fails() async throws {
        try write("old\n", "data.json.20260101T000000Z")
        // Nothing can be written under this name.
        try FileManager.default.createDirectory(
            atPath: "\(data).20260101T000000Z.gz.part/x",
            withIntermediateDirectories: true
        )
        let module = try make(["file.rotate_size": .integer(300)])
        try await module.start(series: "run")
        for batch in 0..<3 {
            #expect(try await module.write(time: 0, samples: Records.samples(2, from: batch * 2)).acceptedCount == 2)
        }
        try await module.finishCompressing()
        #expect(module.rotationProblem?.operation == "open")
        #expect(try folder.text("data.json.20260101T000000Z") == "old\n")
        // The one that fails does not keep the others from it.
        #expect(folder.names.contains { $0.hasSuffix("Z.gz") })
        try await module.close()
    }

    @Test("Compressed files count among those that are kept")
    func keeps() async throws {
        for day in 1...6 { try write("x\n", "data.json.2026010\(day)T000000Z\(day % 2 == 0 ? ".gz" : "")") }
        let module = try make(["file.keep": .integer(3), "file.rotate_size": .integer(200)])
        try await module.start(series: "run")
        try await module.finishCompressing()
        #expect(RotatedFiles.list(data).map { $0.hasSuffix(".gz") } == [true, true, true])
        #expect(RotatedFiles.list(data).first == "\(data).20260104T000000Z.gz")
        // Later than those.
        for batch in 0..<10 {
            _ = try await module.write(time: 1_900_000_000_000, samples: Records.samples(1, from: batch))
        }
        try await module.finishCompressing()
        try await module.close()
        #expect(RotatedFiles.list(data).count == 3)
        #expect(RotatedFiles.list(data).allSatisfy { $0.contains("2030") })
    }

    @Test("Nothing is put aside under a name that a compressed file has")
    func names() throws {
        try write("x", "data.json.20300317T174640Z.gz")
        try write("x", "data.json.20300317T174640Z.1")
        #expect(RotatedFiles.name(for: data, time: 1_900_000_000_000) == "\(data).20300317T174640Z.2")
    }

    @Test("A stop ends the work within a piece, and leaves the file as it was")
    func stops() throws {
        let text = String(repeating: "some line\n", count: 100_000)
        let path = "\(folder.path)/x"
        try write(text, "x")
        var asked = 0
        try GzipFile.replace(path) {
            asked += 1
            return asked > 3
        }
        #expect(asked == 4)
        #expect(folder.names == ["x"])
        try GzipFile.replace(path) { false }
        #expect(folder.names == ["x.gz"])
    }

    @Test("An empty file is compressed as well")
    func empty() async throws {
        try write("", "x")
        try GzipFile.replace("\(folder.path)/x") { false }
        #expect(try await Command.output(["gzip", "-dc", "\(folder.path)/x.gz"]).isEmpty)
    }

    private var data: String { "\(folder.path)/data.json" }

    private func make(_ settings: [String: ModuleValue] = [:]) throws -> FileModule {
        let all = ["file.data": .text(data), "file.compress": .text("gzip")].merging(settings) { $1 }
        return try FileModule(configuration: ModuleConfiguration(of: FileModule.self, settings: all))
    }

    private func write(_ text: String, _ name: String) throws {
        try text.write(toFile: "\(folder.path)/\(name)", atomically: false, encoding: .utf8)
    }

    private func value(_ line: String) throws -> Double {
        let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
        return try #require(object?["value"] as? Double)
    }
}
