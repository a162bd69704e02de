import Analysis
import Foundation
import TestSupport
import Testing

@testable import Agent

@Suite("muster spot")
struct SpotCommandTests {
    /// A day of values a quarter of a minute apart, with one spike.
    private static func table() -> String {
        var generator = SeededGenerator(seed: 3)
        var text = "time,load\n"
        for index in 0..<3000 {
            // The sum of twelve is nearly Gaussian.
            let noise = (0..<12).reduce(-6.0) { sum, _ in sum + .random(in: 0..<1, using: &generator) }
            text +=
                "\(TimeText.iso8601(1_750_000_000_000 + Int64(index) * 15_000)),\(index == 2500 ? 50 : 10 + noise)\n"
        }
        return text
    }

    private func run(_ text: String, _ change: (inout SpotCommand.Options) -> Void = { _ in }) throws -> SpotResult {
        let folder = try TemporaryFolder()
        try folder.write(text, to: "table.csv")
        var options = SpotCommand.Options(input: folder.path + "/table.csv")
        change(&options)
        return try SpotCommand(options).run()
    }

    @Test("A spike is found and printed with what was counted")
    func finds() throws {
        let result = try run(Self.table())
        let alert = try #require(result.alerts.first { $0.value == 50 })
        #expect(alert.status == .up && alert.start == 1_750_037_500_000 && alert.probability < 1e-6)
        #expect(result.summary.rows == 3000 && result.summary.judged == 1950)
        let lines = result.table().split(separator: "\n")
        #expect(lines.first?.hasPrefix("START                 STATUS") == true)
        #expect(
            lines.contains {
                $0.hasPrefix("2025-06-16T01:31:40Z  UP_ALERT  50 ") && $0.hasSuffix("2025-06-16T01:31:55Z")
            }
        )
        #expect(lines.contains { $0.hasPrefix("rows") && $0.hasSuffix(" 3000") })
        #expect(lines.contains { $0.hasPrefix("column") && $0.hasSuffix(" load") })
    }

    @Test("Without times alerts name rows")
    func rows() throws {
        let values = Self.table().split(separator: "\n").dropFirst().map { $0.split(separator: ",")[1] }
        let result = try run(values.joined(separator: "\n"))
        #expect(result.table().contains("\nrow 2501  UP_ALERT  50 "))
    }

    @Test("JSON has the alerts and the counts")
    func json() throws {
        let text = try run(Self.table()).json()
        let document = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let alerts = try #require(document["alerts"] as? [[String: Any]])
        #expect(alerts.contains { $0["value"] as? Double == 50 && $0["status"] as? String == "UP_ALERT" })
        let summary = try #require(document["summary"] as? [String: Any])
        #expect(summary["rows"] as? Int == 3000 && summary["state"] as? String == "running")
        let parameters = try #require(summary["parameters"] as? [String: Any])
        #expect(parameters["n_init"] as? Int == 1000)
    }

    @Test("The plot is written, and never over the table")
    func plot() throws {
        let folder = try TemporaryFolder()
        try folder.write(Self.table(), to: "table.csv")
        let table = folder.path + "/table.csv"
        _ = try SpotCommand(.init(input: table, plot: folder.path + "/plot.svg")).run()
        let svg = try String(contentsOfFile: folder.path + "/plot.svg", encoding: .utf8)
        #expect(svg.hasPrefix("<svg ") && svg.hasSuffix("</svg>\n") && svg.contains("load: q 0.0001"))
        try FileManager.default.createSymbolicLink(atPath: folder.path + "/link", withDestinationPath: table)
        #expect(throws: SpotCommandError.self) {
            try SpotCommand(.init(input: table, plot: folder.path + "/link")).run()
        }
        #expect(try String(contentsOfFile: table, encoding: .utf8) == Self.table())
    }

    @Test("What cannot be done is one clear line")
    func errors() throws {
        func message(_ options: SpotCommand.Options) -> String? {
            #expect(throws: SpotCommandError.self) { try SpotCommand(options).run() }?.description
        }
        #expect(
            message(.init(input: "/nowhere/table.csv")) == "cannot read /nowhere/table.csv: No such file or directory"
        )
        #expect(message(.init(input: "/")) == "cannot read /: Is a directory")
        #expect(message(.init(input: "/dev/null")) == "/dev/null: line 1: there is nothing in the table")
        #expect(message(.init(input: "/dev/zero")) == "/dev/zero: line 1: longer than 1048576 bytes")
        let folder = try TemporaryFolder()
        try folder.write("1\nx\n", to: "table.csv")
        let table = folder.path + "/table.csv"
        #expect(message(.init(input: table)) == "\(table): line 2: \"x\" is not a number")
        let wrong = SpotReplay.Options(parameters: SpotParameters(depth: -1))
        #expect(message(.init(input: table, replay: wrong)) == "depth: -1 is not from 0 to 10000")
        try folder.write("1\n", to: "table.csv")
        #expect(message(.init(input: table, plot: "/dev/full")) == "cannot write /dev/full: No space left on device")
    }

    @Test(
        "Durations are read as in configurations",
        arguments: [
            ("5m", 300_000), ("1h30m", 5_400_000), ("250ms", 250), ("0", 0), ("5", nil), ("", nil), ("-1s", nil),
        ] as [(String, Int64?)]
    )
    func durations(text: String, milliseconds: Int64?) {
        #expect(SpotCommand.milliseconds(text) == milliseconds)
    }
}
