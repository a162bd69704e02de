import ExporterKit
import Exposition
import Foundation

/// Counts the files that wait in a spool folder.
struct SpoolCollector: MetricCollector {
    let name = "spool"
    let folder: String

    func collect(into batch: inout MetricBatch) async throws {
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
        batch.gauge("spool_files", "Files that wait.", Double(files.count), labels: ["folder": folder])
    }
}

/// Collects on schedule for as long as `use` takes, and hands it the page whenever it asks.
func withSpoolPage(of folder: String, use: (@Sendable () -> String) async throws -> Void) async throws {
    let store = SnapshotStore()
    let scheduler = CollectionScheduler(store: store)
    let exporter = BaseExporter(collectors: [SpoolCollector(folder: folder)])
    let id = ExporterID(key: "spool")
    try await withThrowingTaskGroup(of: Void.self) { group in
        group.addTask { await scheduler.run() }
        try await exporter.setUp()
        scheduler.start(id, collectors: exporter.collectors, settings: .standard, labels: ["service": "spool"])
        store.takeOver(id)
        _ = await scheduler.firstCollection(of: id)
        try await use { PageBuilder(format: .canonical).text(of: store.sections()) }
        await scheduler.stop(id)
        await exporter.close()
        group.cancelAll()
    }
}
