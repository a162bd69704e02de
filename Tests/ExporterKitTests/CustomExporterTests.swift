import ExporterKit
import Exposition
import Foundation
import Testing

// The example of the documentation, as it stands there.

/// Counts the files that wait in a folder.
private struct QueueCollector: MetricCollector {
    let name = "queue"
    let folder: URL

    func collect(into batch: inout MetricBatch) async throws {
        let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: [.fileSizeKey])
        batch.gauge("queue_files", "Files that wait.", Double(files.count))
        await batch.part("sizes") { part in
            for file in files {
                let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
                part.gauge(
                    "queue_file_bytes",
                    "Size of a file.",
                    Double(size),
                    labels: ["file": file.lastPathComponent]
                )
            }
        }
    }
}

@Suite(.timeLimit(.minutes(5)))
struct CustomExporterTests {
    @Test func exampleGivesItsMetrics() async throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "queue-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        try Data("123".utf8).write(to: folder.appending(path: "job"))

        let exporter = BaseExporter(collectors: [QueueCollector(folder: folder)])
        let store = SnapshotStore()
        let scheduler = CollectionScheduler(store: store)
        let id = ExporterID(key: "jobs")

        try await exporter.setUp()
        let settings = try CollectionSettings(interval: .seconds(30))
        scheduler.start(id, collectors: exporter.collectors, settings: settings, labels: ["service": "jobs"])
        store.takeOver(id)

        await withDiscardingTaskGroup { group in
            group.addTask { await scheduler.run() }
            #expect(await scheduler.firstCollection(of: id))
            group.cancelAll()
        }
        await exporter.close()

        var page = ""
        _ = PageBuilder(format: .negotiate(accept: nil)).write(store.sections()) {
            page += String(decoding: $0, as: UTF8.self)
        }
        #expect(page.contains(#"queue_files{service="jobs"} 1"#))
        #expect(page.contains(#"queue_file_bytes{file="job",service="jobs"} 3"#))
        #expect(store.health("jobs")?.up == true)
    }

    @Test func exampleOnAMissingFolderIsDown() async throws {
        let store = SnapshotStore()
        let scheduler = CollectionScheduler(store: store)
        let id = ExporterID(key: "jobs")
        let collector = QueueCollector(folder: URL(filePath: "/nonexistent/spool"))
        scheduler.start(id, collectors: [collector], settings: .standard, labels: [:])
        store.takeOver(id)
        await withDiscardingTaskGroup { group in
            group.addTask { await scheduler.run() }
            #expect(await scheduler.firstCollection(of: id) == false)
            group.cancelAll()
        }
        #expect(store.health("jobs")?.up == false)
        #expect(store.health("jobs")?.lastError?.isEmpty == false)
    }
}
