import Discovery
import Foundation

/// `muster discover`: asks every source once, and says which exporter each service matches, or why none.
public struct DiscoverCommand: Sendable {
    /// What was found.
    public struct Result: Sendable {
        /// One line: a service with a template, or with the reason why there is none.
        struct Line: Sendable, Encodable {
            var service: String
            var address: String
            var port: Int?
            var source: String
            var exporter: String?
            var hash: String?
            var labels: [String: String]
            var tags: [String]
            var problem: String?
        }

        var lines: [Line] = []
        /// What went wrong: sources that failed, and entries that were left out.
        public internal(set) var errors: [String] = []

        /// A table for people.
        public func table() -> String {
            var rows = [["SERVICE", "ADDRESS", "SOURCE", "EXPORTER", "HASH", ""]]
            for line in lines {
                rows.append([
                    line.service,
                    line.address + (line.port.map { ":\($0)" } ?? ""),
                    line.source,
                    line.exporter ?? "-",
                    line.hash.map { String($0.prefix(12)) } ?? "-",
                    line.problem ?? "",
                ])
            }
            let widths = (0..<5).map { column in rows.map { $0[column].count }.max() ?? 0 }
            return rows.map { row in
                let cells = row.enumerated().map { column, cell in
                    column < 5 ? cell + String(repeating: " ", count: widths[column] - cell.count) : cell
                }
                return String(cells.joined(separator: "  ").reversed().drop { $0 == " " }.reversed()) + "\n"
            }.joined()
        }

        /// JSON for programs.
        ///
        /// - Throws: `EncodingError`.
        public func json() throws -> String {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
            return String(decoding: try encoder.encode(lines), as: UTF8.self) + "\n"
        }
    }

    private let configurationFile: String

    /// Creates the command.
    public init(configurationFile: String) {
        self.configurationFile = configurationFile
    }

    /// Asks every source.
    ///
    /// - Throws: `SettingsError` if the configuration is wrong.
    public func run() async throws -> Result {
        let shot = try OneShot(configurationFile: configurationFile)
        var result = Result()
        for (catalog, polled) in await shot.poll() {
            switch polled {
            case .failure(let error):
                result.errors.append("source \(catalog.name): \(error)")
            case .success(let services):
                result.lines += services.map { Result.Line($0) }
                let last = catalog.last
                result.lines += last.unmatched.map { Result.Line($0.service, catalog.name, "no match: \($0.reason)") }
                result.lines += last.matchProblems.filter(\.isFatal).map { problem in
                    let reason = (problem.template.isEmpty ? "" : problem.template + ": ") + problem.reason
                    return Result.Line(problem.service, catalog.name, reason)
                }
                result.errors += last.texts.map { "source \(catalog.name): \($0)" }
            }
        }
        return result
    }
}

extension DiscoverCommand.Result.Line {
    fileprivate init(_ matched: MatchedService) {
        self.init(
            service: matched.service.name,
            address: matched.service.address,
            port: matched.service.port,
            source: matched.source,
            exporter: matched.key.template,
            hash: matched.hash.description,
            labels: matched.labels,
            tags: matched.service.tags
        )
    }

    fileprivate init(_ service: Service, _ source: String, _ problem: String) {
        self.init(
            service: service.name,
            address: service.address,
            port: service.port,
            source: source,
            labels: service.labels,
            tags: service.tags,
            problem: problem
        )
    }
}
