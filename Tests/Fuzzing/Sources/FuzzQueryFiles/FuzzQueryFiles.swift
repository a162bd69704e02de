import Exposition
import FuzzSupport
import Settings

@testable import QueryFiles

/// Any text is a query file or has problems that name a line; what a query file defines takes any row.
@main
struct FuzzQueryFiles {
    static func main() {
        Fuzzer.run { bytes in
            guard let text = String(validating: bytes, as: UTF8.self) else { return }
            let problems = ProblemList()
            let queries = QueryFile.parse(text, file: "fuzz.yaml", defaultPrefix: "fuzz", problems: problems)
            for problem in problems.problems {
                Fuzzer.require(problem.description.hasPrefix("fuzz.yaml"), "a problem without its file: \(problem)")
            }
            guard problems.isEmpty else { return }
            for query in queries.prefix(20) {
                for facts in FuzzQueryFiles.servers { _ = query.condition.holds(facts) }
                map(query)
            }
        }
    }

    private static let servers = [
        ServerFacts(version: ServerVersion(12), isPrimary: true, database: "orders"),
        ServerFacts(version: ServerVersion(17, 2), isPrimary: false, extensions: ["pg_stat_statements"]),
        ServerFacts(version: ServerVersion(3, 40), database: "orders"),
    ]

    /// What a database may answer: also what no metric can be made of.
    private static let values: [ColumnValue] = [
        .integer(7), .null, .text("up"), .real(.nan), .array([.integer(1), .real(0.5), .null]), .bool(true),
        .text("{1,2,3}"), .timestamp(1.7e9), .integer(.min), .text("1h30m"), .text(""), .real(-.infinity),
    ]

    /// Gives a query a result with the columns that it asks for.
    private static func map(_ query: QueryDefinition) {
        var names = query.rules.flatMap { rule in
            var columns = rule.valueColumns + rule.labels.map(\.column)
            columns += [rule.helpColumn, rule.timestamp].compactMap(\.self)
            if case .column(let column, _) = rule.naming { columns.append(column) }
            return columns.flatMap { [$0.name, "\($0.name)_bucket", "\($0.name)_sum", "\($0.name)_count"] }
        }
        names = Array(names.prefix(60)) + ["unlisted"]
        let rows = values.indices.map { row in
            names.indices.map { values[(row + $0) % values.count] }
        }
        do {
            let result = try query.families(from: MemoryTable(columnNames: names, rows: rows))
            _ = SnapshotEncoder(labels: [:]).encode(result.families)
        } catch {
            Fuzzer.require(!error.problems.isEmpty, "an error without a problem")
        }
    }
}
