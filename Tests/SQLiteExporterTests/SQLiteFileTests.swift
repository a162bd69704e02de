import ExporterKit
import Foundation
import GRDB
import SQLiteExporter
import TestSupport
import Testing

@Suite struct SQLiteFileTests {
    private let count = [(name: "count", sql: "SELECT count(*) AS v FROM item")]

    private func setUpError(_ exporter: SQLiteExporter) async -> SQLiteExporterError? {
        await #expect(throws: SQLiteExporterError.self) { try await exporter.setUp() }
    }

    @Test func aMissingFileIsAnErrorAndIsNotMade() async throws {
        let folder = try Folder()
        let exporter = try makeExporter(folder, queries: count)
        let error = await setUpError(exporter)
        #expect(error?.code == .unreachable)
        #expect(error?.message == "\(folder.file("app.db")): No such file or directory")
        #expect(!FileManager.default.fileExists(atPath: folder.file("app.db")))
        await exporter.close()
    }

    @Test func whatIsNoDatabaseIsAnError() async throws {
        let folder = try Folder()
        try folder.write(String(repeating: "This is not a database. ", count: 100), to: "app.db")
        let exporter = try makeExporter(folder, queries: count)
        #expect(await setUpError(exporter)?.message == "\(folder.file("app.db")): not a SQLite database")
        await exporter.close()
    }

    @Test func pipesAndFoldersAreErrorsAndDoNotBlock() async throws {
        let folder = try Folder()
        #expect(mkfifo(folder.file("pipe"), 0o600) == 0)
        for address in ["pipe", "."] {
            let exporter = try makeExporter(folder, address: address, queries: count)
            #expect(await setUpError(exporter)?.message.hasSuffix("not a regular file") == true)
            await exporter.close()
        }
    }

    @Test func anEmptyFileIsADatabaseWithoutTables() async throws {
        let folder = try Folder()
        try folder.write("", to: "app.db")
        let exporter = try makeExporter(folder, queries: count)
        try await exporter.setUp()
        #expect(try await exporter.collectAll().errors["count"]?.hasSuffix("no such table: item") == true)
        await exporter.close()
    }

    @Test func aLockedDatabaseIsAnErrorUntilItIsReleased() async throws {
        let folder = try Folder()
        let database = try folder.database(journal: "DELETE")
        try await database.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let exporter = try makeExporter(folder, queries: count, timeout: .seconds(1))
        let error = await setUpError(exporter)
        #expect(error?.code == .unreachable)
        #expect(error?.message == "\(folder.file("app.db")): locked by another connection")
        try await database.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        let second = try makeExporter(folder, queries: count)
        try await second.setUp()
        #expect(try await second.collectAll().value("test_count") == 0)
        await exporter.close()
        await second.close()
    }

    @Test func aLockDuringACollectionIsToldFromAWrongQuery() async throws {
        let folder = try Folder()
        let database = try folder.database(journal: "DELETE")
        let exporter = try makeExporter(folder, queries: count, block: "timeout: 50ms")
        try await exporter.setUp()
        try await database.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
        let collected = try await exporter.collectAll()
        #expect(collected.errors["count"]?.hasSuffix("locked by another connection") == true)
        #expect(collected.answered == [false])
        try await database.writeWithoutTransaction { try $0.execute(sql: "COMMIT") }
        #expect(try await exporter.collectAll().errors == [:])
        await exporter.close()
    }

    @Test func aDatabaseThatACrashLeftHalfWrittenSaysSo() async throws {
        let folder = try Folder()
        let database = try folder.database("crash.db", journal: "DELETE")
        try await database.writeWithoutTransaction { database in
            // More than fits into the cache, so that the file is changed before the end of the transaction.
            try database.execute(sql: "PRAGMA cache_size = 2; BEGIN")
            for _ in 0..<200 { try database.execute(sql: "INSERT INTO item VALUES (hex(zeroblob(2000)), 1)") }
        }
        for suffix in ["", "-journal"] {
            try FileManager.default.copyItem(
                atPath: folder.file("crash.db" + suffix),
                toPath: folder.file("app.db" + suffix)
            )
        }
        let exporter = try makeExporter(folder, queries: count)
        let error = await setUpError(exporter)
        #expect(error?.code == .unreachable)
        #expect(error?.message.contains("must open it once") == true)
        await exporter.close()
        try await database.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
    }

    @Test func aWriterIsNotDisturbed() async throws {
        let folder = try Folder()
        let database = try folder.database()
        let exporter = try makeExporter(folder, queries: count)
        try await exporter.setUp()
        for number in 1...20 {
            try await database.write { try $0.execute(sql: "INSERT INTO item VALUES ('a', 1)") }
            #expect(try await exporter.collectAll().value("test_count") == Double(number))
        }
        await exporter.close()
    }

    @Test func aReplacedFileIsOpenedAgain() async throws {
        let folder = try Folder()
        try folder.database("app.db", journal: "DELETE", "INSERT INTO item VALUES ('a', 1);").close()
        try folder.database("new.db", journal: "DELETE", "INSERT INTO item VALUES ('a', 1), ('b', 2);").close()
        let exporter = try makeExporter(folder, queries: count)
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("test_count") == 1)
        #expect(rename(folder.file("new.db"), folder.file("app.db")) == 0)
        #expect(try await exporter.collectAll().value("test_count") == 2)
        try FileManager.default.removeItem(atPath: folder.file("app.db"))
        let error = await #expect(throws: SQLiteExporterError.self) { try await exporter.collectAll() }
        #expect(error?.message.hasSuffix("No such file or directory") == true)
        #expect(!FileManager.default.fileExists(atPath: folder.file("app.db")))
        await exporter.close()
    }

    @Test func aFileThatNothingWritesCanBeReadWithoutLocks() async throws {
        let folder = try Folder()
        let name = "a b%20?#&é.db"
        let database = try folder.database(name, "INSERT INTO item VALUES ('a', 1);")
        try database.close()
        let exporter = try makeExporter(
            folder,
            queries: count,
            block: "database: \"\(name)\"\nimmutable: true"
        )
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("test_count") == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.file(name + "-shm")))
        await exporter.close()
    }

    @Test func closingClosesEveryDescriptorAndMayBeRepeated() async throws {
        let folder = try Folder()
        let database = try folder.database()
        try database.close()
        let exporter = try makeExporter(folder, queries: count)
        try await exporter.setUp()
        _ = try await exporter.collectAll()
        #expect(openDescriptors(of: folder.path) > 0)
        await exporter.close()
        #expect(openDescriptors(of: folder.path) == 0)
        await exporter.close()
        let error = await #expect(throws: SQLiteExporterError.self) { try await exporter.collectAll() }
        #expect(error?.code == .closed)
    }

    @Test(.timeLimit(.minutes(1)))
    func cancellingInterruptsTheQueryAndTheConnectionGoesOn() async throws {
        let folder = try Folder()
        try folder.database()
        let exporter = try makeExporter(
            folder,
            queries: [("slow", endless)],
            block: "timeout: 1h",
            timeout: .seconds(3_000)
        )
        try await exporter.setUp()
        let collection = Task { try await exporter.collectAll() }
        collection.cancel()
        await #expect(throws: CancellationError.self) { try await collection.value }
        // The thread that was interrupted hands the connection back by itself: no later collection is refused for ever.
        while true {
            let next = Task { try await exporter.collectAll() }
            next.cancel()
            do {
                _ = try await next.value
            } catch is CancellationError {
                break
            } catch let error as SQLiteExporterError {
                #expect(error.code == .busy)
            }
        }
        await exporter.close()
    }

    @Test(.timeLimit(.minutes(1)))
    func closingInterruptsARunningQuery() async throws {
        let folder = try Folder()
        try folder.database().close()
        let exporter = try makeExporter(
            folder,
            queries: [("slow", endless)],
            block: "timeout: 1h",
            timeout: .seconds(3_000)
        )
        try await exporter.setUp()
        let collection = Task { try? await exporter.collectAll() }
        await exporter.close()
        _ = await collection.value
        try await until { openDescriptors(of: folder.path) == 0 }
    }

    @Test(arguments: 0..<6)
    func damagedDatabasesNeverTrap(_ seed: Int) async throws {
        var random = SeededGenerator(seed: UInt64(seed))
        let folder = try Folder()
        let rows = (0..<300).map { "('name\($0)', \($0))" }.joined(separator: ", ")
        try folder.database("app.db", journal: "DELETE", "INSERT INTO item VALUES \(rows);").close()
        let whole = try Data(contentsOf: URL(fileURLWithPath: folder.file("app.db")))
        for _ in 0..<20 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...40, using: &random) {
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
            }
            if Bool.random(using: &random) { bytes = bytes.prefix(Int.random(in: 0...bytes.count, using: &random)) }
            try bytes.write(to: URL(fileURLWithPath: folder.file("app.db")))
            let exporter = try makeExporter(
                folder,
                queries: count + [(name: "sum", sql: "SELECT sum(size) AS v, max(name) FROM item")],
                timeout: .seconds(2)
            )
            do {
                try await exporter.setUp()
                let collected = try await exporter.collectAll()
                #expect(collected.errors.count + collected.families.count <= 2)
            } catch let error as SQLiteExporterError {
                #expect(!error.message.isEmpty)
            }
            await exporter.close()
        }
    }
}
