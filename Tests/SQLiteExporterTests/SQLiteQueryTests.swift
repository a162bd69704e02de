import ExporterKit
import Exposition
import Foundation
import GRDB
import QueryFiles
import SQLiteExporter
import Testing

@Suite struct SQLiteQueryTests {
    @Test func everyTypeOfValueIsRead() async throws {
        let folder = try Folder()
        try folder.database(
            "app.db",
            """
            INSERT INTO item VALUES ('integer', 3), ('real', 2.5), ('text', '4.5'), ('null', NULL), ('blob', x'3132'),
              (NULL, 7), (x'FF00', 8), ('word', 'many');
            """
        )
        let exporter = try makeExporter(
            folder,
            more: """
                - name: items
                  query: SELECT name, size FROM item
                  labels: [name]
                  metrics: [{name: item_size, kind: gauge, value: size}]
                """
        )
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        #expect(collected.errors == [:])
        let family = try #require(collected.families["item_size"])
        let values = family.metrics.map { "\($0.labels["name"] ?? "-")=\($0.value)" }
        #expect(
            values == [
                "integer=number(3.0)", "real=number(2.5)", "text=number(4.5)", "blob=number(12.0)", "=number(7.0)",
                "FF00=number(8.0)",
            ]
        )
        await exporter.close()
    }

    @Test func aWrongQueryCostsOnlyItself() async throws {
        let folder = try Folder()
        try folder.database("app.db", "INSERT INTO item VALUES ('a', 1);")
        let exporter = try makeExporter(
            folder,
            queries: [
                ("first", "SELECT 1 AS v"), ("typo", "SELEC 1 AS v"), ("table", "SELECT v FROM nowhere"),
                ("column", "SELECT 1 AS w"), ("two", "SELECT 1 AS v; SELECT 2 AS v"), ("parameter", "SELECT ? AS v"),
                ("runtime", "SELECT abs(-9223372036854775808) AS v"), ("last", "SELECT 2 AS v"),
            ]
        )
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        let file = folder.file("queries.yaml")
        #expect(collected.value("test_first") == 1)
        #expect(collected.value("test_last") == 2)
        #expect(collected.errors["typo"] == "\(file):3:3: near \"SELEC\": syntax error")
        #expect(collected.errors["table"] == "\(file):4:3: no such table: nowhere")
        #expect(
            collected.errors["column"]
                == "\(file):5:92: queries[3].metrics[0].value: the column \"v\" is not in the result; "
                + "did you mean \"w\"?"
        )
        #expect(collected.errors["two"]?.hasPrefix("\(file):6:3: Multiple statements found") == true)
        #expect(collected.errors["parameter"] == "\(file):7:3: the query has parameters, which nothing gives a value")
        #expect(collected.errors["runtime"] == "\(file):8:3: integer overflow")
        #expect(collected.errors.count == 6)
        #expect(collected.answered == [true])
        await exporter.close()
    }

    @Test(
        arguments: [
            "DELETE FROM item", "INSERT INTO item VALUES ('x', 1) RETURNING 1 AS v", "CREATE TABLE other(a)",
            "ATTACH 'FOLDER/new.db' AS other", "VACUUM INTO 'FOLDER/new.db'", "BEGIN", "COMMIT",
            "PRAGMA user_version = 9", "DROP TABLE item", "REINDEX", "SAVEPOINT a", "-- nothing", ";", "\\0",
        ]
    )
    func writingIsRefused(_ sql: String) async throws {
        let folder = try Folder()
        let database = try folder.database("app.db", "INSERT INTO item VALUES ('a', 1);")
        let exporter = try makeExporter(
            folder,
            queries: [
                ("bad", sql.replacing("FOLDER", with: folder.path)), ("good", "SELECT count(*) AS v FROM item"),
            ]
        )
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        #expect(collected.errors["bad"] != nil)
        #expect(collected.value("test_good") == 1)
        let state = try await database.read { database in
            try (
                Int.fetchOne(database, sql: "PRAGMA user_version"),
                Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
            )
        }
        #expect(state == (0, 1))
        #expect(!FileManager.default.fileExists(atPath: folder.file("new.db")))
        await exporter.close()
    }

    @Test func pragmasCannotChangeTheDatabase() async throws {
        let folder = try Folder()
        let database = try folder.database()
        let exporter = try makeExporter(
            folder,
            queries: [("mode", "PRAGMA journal_mode = DELETE"), ("checkpoint", "PRAGMA wal_checkpoint(TRUNCATE)")]
        )
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        #expect(collected.families == [:])
        #expect(collected.errors.count == 2)
        let mode = try await database.read { try String.fetchOne($0, sql: "PRAGMA journal_mode") }
        #expect(mode == "wal")
        await exporter.close()
    }

    @Test(.timeLimit(.minutes(1))) func aSlowQueryIsInterruptedAndStarvesNobody() async throws {
        let folder = try Folder()
        try folder.database()
        let exporter = try makeExporter(
            folder,
            queries: [("slow", endless), ("quick", "SELECT 1 AS v")],
            block: "timeout: 100ms"
        )
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        #expect(collected.value("test_quick") == 1)
        #expect(collected.errors["slow"] == "\(folder.file("queries.yaml")):2:3: timed out after 0.1s")
        await exporter.close()
    }

    @Test func aQueryThatTookTheWholeTimeoutComesLastNextTime() async throws {
        let folder = try Folder()
        try folder.database()
        let exporter = try makeExporter(
            folder,
            queries: [("slow", endless), ("quick", "SELECT 1 AS v")],
            block: "timeout: 10s",
            timeout: .milliseconds(200)
        )
        try await exporter.setUp()
        let first = try await exporter.collectFirst(within: .milliseconds(300))
        #expect(first.errors["quick"] == "not run: the queries before it took the whole timeout")
        let second = try await exporter.collectFirst(within: .milliseconds(300))
        #expect(second.value("test_quick") == 1)
        #expect(second.errors["slow"]?.contains("timed out") == true)
        await exporter.close()
    }

    @Test func aResultWithTooManyRowsIsRefused() async throws {
        let folder = try Folder()
        try folder.database()
        let exporter = try makeExporter(
            folder,
            queries: [
                ("many", "SELECT 1 AS v UNION ALL SELECT 2 UNION ALL SELECT 3"), ("few", "SELECT 1 AS v"),
                ("text", "SELECT hex(zeroblob(9000000)) AS v"), ("blob", "SELECT zeroblob(2000000000) AS v"),
            ],
            block: "max_rows: 2"
        )
        try await exporter.setUp()
        let collected = try await exporter.collectAll()
        #expect(collected.errors["many"]?.hasSuffix("more than 2 rows (max_rows)") == true)
        #expect(collected.errors["text"]?.hasSuffix("string or blob too big") == true)
        #expect(collected.errors["blob"]?.hasSuffix("string or blob too big") == true)
        #expect(collected.value("test_few") == 1)
        await exporter.close()
    }

    @Test func manyLongTextsAreRefused() async throws {
        let folder = try Folder()
        try folder.database()
        let long = "SELECT hex(zeroblob(3000000)) AS v"
        let exporter = try makeExporter(
            folder,
            queries: [("long", [long, long, long].joined(separator: " UNION ALL "))]
        )
        try await exporter.setUp()
        #expect(try await exporter.collectAll().errors["long"]?.hasSuffix("more than 16777216 bytes of text") == true)
        await exporter.close()
    }

    @Test func columnsMayComeAndGo() async throws {
        let folder = try Folder()
        let database = try folder.database("app.db", "INSERT INTO item VALUES ('a', 5);")
        let exporter = try makeExporter(
            folder,
            more: """
                - name: items
                  query: SELECT * FROM item
                  metrics: [{name: item_size, kind: gauge, value: size}]
                """
        )
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("item_size") == 5)
        try await database.write { database in
            try database.execute(sql: "ALTER TABLE item DROP COLUMN name; ALTER TABLE item ADD COLUMN note DEFAULT 'x'")
        }
        #expect(try await exporter.collectAll().value("item_size") == 5)
        try await database.write { try $0.execute(sql: "ALTER TABLE item DROP COLUMN size") }
        let missing = try await exporter.collectAll()
        #expect(missing.errors["items"]?.contains("the column \"size\" is not in the result") == true)
        await exporter.close()
    }

    @Test func conditionsAreAskedAndExplained() async throws {
        let folder = try Folder()
        try folder.database()
        let metrics = "metrics: [{name: m, kind: gauge, value: v}]"
        let exporter = try makeExporter(
            folder,
            more: """
                - {name: now, query: SELECT 1 AS v, when: {version: ">=3.8", database: "app[.]db", extension: json_each}, \(metrics)}
                - {name: later, query: SELECT 1 AS v, interval: 1m, when: {version: ">=4", extension: nothing}, \(metrics)}
                - {name: never, query: SELECT 1 AS v, when: {role: primary}, \(metrics)}
                """
        )
        #expect(exporter.explain() == nil)
        try await exporter.setUp()
        #expect(exporter.collectors.map(\.name) == ["queries-15s", "queries-1m"])
        #expect(exporter.collectors.map(\.interval) == [.seconds(15), .seconds(60)])
        let explanations = try #require(exporter.explain())
        #expect(explanations.map(\.query) == ["now", "never", "later"])
        #expect(explanations.map(\.isRun) == [true, false, false])
        #expect(explanations[1].reasons == ["the server is of unknown role, not a primary"])
        #expect(explanations[2].reasons.last == "\"nothing\" is not installed")
        let collected = try await exporter.collectAll()
        #expect(collected.value("m") == 1)
        #expect(collected.errors == [:])
        await exporter.close()
    }
}

extension Exporter {
    /// Collects with the first collector only; its own timeout keeps it within bounds.
    fileprivate func collectFirst(within bound: Duration) async throws -> Collected {
        let start = ContinuousClock.now
        let collected = try await collectAll()
        #expect(ContinuousClock.now - start < bound * 20)
        return collected
    }
}
