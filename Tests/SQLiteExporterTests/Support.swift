import ExporterKinds
import ExporterKit
import Exposition
import Foundation
import GRDB
import Logging
import QueryFiles
import SQLiteExporter
import Settings

/// A folder for one test, removed with it.
final class Folder {
    let path: String

    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/sqlite-exporter-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    func file(_ name: String) -> String { path + "/" + name }

    func write(_ text: String, to name: String) throws {
        try text.write(toFile: file(name), atomically: true, encoding: .utf8)
    }

    /// Makes a database from statements; in WAL mode unless told otherwise.
    @discardableResult
    func database(_ name: String = "app.db", journal: String = "WAL", _ sql: String = "") throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let queue = try DatabaseQueue(path: file(name), configuration: configuration)
        try queue.writeWithoutTransaction { database in
            try database.execute(sql: "PRAGMA journal_mode = \(journal)")
            try database.execute(sql: "CREATE TABLE item(name TEXT, size); " + sql)
        }
        return queue
    }
}

/// What one collection of all collectors gave.
struct Collected {
    var families: [String: MetricFamily] = [:]
    var errors: [String: String] = [:]
    var answered: [Bool?] = []

    func value(_ name: String, _ labels: LabelSet = [:]) -> Double? {
        guard case .number(let number)? = families[name]?.metrics.first(where: { $0.labels == labels })?.value else {
            return nil
        }
        return number
    }
}

extension Exporter {
    func collectAll() async throws -> Collected {
        var collected = Collected()
        for collector in collectors {
            var batch = MetricBatch()
            try await collector.collect(into: &batch)
            collected.answered.append(batch.serviceAnswered)
            for part in batch.parts {
                collected.errors[part.name] = part.error
                for family in part.families { collected.families[family.name] = family }
            }
        }
        return collected
    }
}

/// Makes an exporter from the text of a `sqlite` block, with a query file whose queries are given by name, SQL and the
/// value column `v`.
func makeExporter(
    _ folder: Folder,
    address: String = "app.db",
    queries: [(name: String, sql: String)] = [],
    more: String = "",
    block: String = "",
    timeout: Duration = .seconds(10)
) throws -> SQLiteExporter {
    var file = "queries:\n"
    for query in queries {
        file += "- {name: \(query.name), query: \"\(query.sql)\", "
        file += "metrics: [{name: test_\(query.name), kind: gauge, value: v}]}\n"
    }
    try folder.write(file + (queries.isEmpty && more.isEmpty ? "  []" : more), to: "queries.yaml")
    let settings = try SettingsDocument.parse("queries: [queries.yaml]\n" + block, file: "muster.yaml")
    let context = ExporterContext(
        service: "app",
        address: address,
        settings: settings,
        interval: .seconds(15),
        timeout: timeout,
        directory: folder.path,
        logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    )
    guard let exporter = try SQLiteKind().makeExporter(context) as? SQLiteExporter else { throw CancellationError() }
    return exporter
}

/// A query that never ends by itself.
let endless = "WITH RECURSIVE n(v) AS (SELECT 1 UNION ALL SELECT v + 1 FROM n) SELECT max(v) AS v FROM n"

/// How many descriptors of this process lead to a file.
func openDescriptors(of path: String) -> Int {
    let folder = "/proc/self/fd"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { name in
        let target = try? FileManager.default.destinationOfSymbolicLink(atPath: folder + "/" + name)
        return target?.hasPrefix(path) ?? false
    }.count
}

/// A problem list for texts that have none.
struct ProblemCount {
    let list = ProblemList()
}
