import Exposition
import Foundation
import GRDB
import QueryFiles
import SQLiteExporter
import Settings
import Testing

@Suite struct StockFileTests {
    private static let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("queries/sqlite.yaml").path

    @Test func theStockFileHasNoProblems() {
        let problems = ProblemList()
        let queries = QueryFile.read(Self.file, defaultPrefix: "sqlite", problems: problems)
        #expect(problems.problems == [])
        #expect(queries.count == 5)
    }

    @Test func theStockFileDescribesADatabase() async throws {
        let folder = try Folder()
        let database = try folder.database(
            "app.db",
            "CREATE INDEX by_size ON item(size); CREATE VIEW big AS SELECT * FROM item; PRAGMA user_version = 7;"
        )
        let text = try String(contentsOfFile: Self.file, encoding: .utf8)
        let exporter = try makeExporter(folder, more: String(text.split(separator: "queries:\n", maxSplits: 1)[1]))
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        #expect(collected.errors == [:])
        #expect(collected.value("sqlite_page_size_bytes") == 4096)
        #expect(collected.value("sqlite_pages") == 3)
        #expect(collected.value("sqlite_size_bytes") == 12_288)
        #expect(collected.value("sqlite_freelist_pages") == 0)
        #expect(collected.value("sqlite_freelist_bytes") == 0)
        #expect(collected.value("sqlite_tables") == 1)
        #expect(collected.value("sqlite_indexes") == 1)
        #expect(collected.value("sqlite_views") == 1)
        #expect(collected.value("sqlite_triggers") == 0)
        #expect(collected.value("sqlite_user_version") == 7)
        #expect((collected.value("sqlite_schema_version") ?? 0) > 0)
        for (file, suffix) in [("main", ""), ("wal", "-wal"), ("shm", "-shm")] {
            let attributes = try FileManager.default.attributesOfItem(atPath: folder.file("app.db" + suffix))
            let size = (attributes[.size] as? NSNumber)?.doubleValue
            #expect(collected.value("sqlite_file_size_bytes", ["file": file]) == size)
        }
        #expect(collected.value("sqlite_file_size_bytes", ["file": "journal"]) == nil)
        let info = try #require(collected.families["sqlite_info"]?.metrics.first)
        #expect(info.labels["journal_mode"] == "wal")
        #expect(info.labels["encoding"] == "UTF-8")
        #expect(info.labels["auto_vacuum"] == "none")
        #expect(info.labels["version"]?.isEmpty == false)
        await exporter.close()
        try database.close()
    }
}
