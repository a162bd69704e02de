import Foundation
import TestSupport

/// What the agent says has become of the records of one kind that a module got.
struct ModuleCounts {
    private struct Answer: Decodable {
        struct Records: Decodable {
            var added: Int
            var delivered: Int
            var rejected: Int
            var dropped: [String: Int]
            var backlog: Int
        }

        struct Module: Decodable {
            var name: String
            var samples: Records
            var alerts: Records
        }

        var modules: [Module]
    }

    var module: String
    var isAlerts: Bool
    var added: Int
    var delivered: Int
    var rejected: Int
    /// What the queue gave up after it had been added.
    var dropped: Int
    var backlog: Int

    var name: String { "\(module) \(isAlerts ? "alerts" : "samples")" }

    /// Reads the answer of `/api/v1/modules`.
    static func read(_ body: Data) throws -> [ModuleCounts] {
        let decoder = JSONDecoder()
        decoder.keyDecodingStrategy = .convertFromSnakeCase
        return try decoder.decode(Answer.self, from: body).modules.flatMap { module in
            [(false, module.samples), (true, module.alerts)].map { isAlerts, records in
                ModuleCounts(
                    module: module.name,
                    isAlerts: isAlerts,
                    added: records.added,
                    delivered: records.delivered,
                    rejected: records.rejected,
                    // What was refused before it came to the queue is not a part of what was added.
                    dropped: records.dropped.filter { !["intake_overflow", "stopped"].contains($0.key) }.values
                        .reduce(0, +),
                    backlog: records.backlog
                )
            }
        }
    }
}
