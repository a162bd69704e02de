public import Analysis
import Foundation

/// What `muster spot` has found.
public struct SpotResult: Sendable {
    /// The alerts, by start.
    public let alerts: [SpotAlert]
    /// What was counted.
    public let summary: SpotReplaySummary
    /// The name of the column.
    public let column: String
    /// Whether the rows had times.
    public let hasTime: Bool

    private let options: SpotReplay.Options
    private let state: SpotState
    private let upper: Double?
    private let lower: Double?

    init(_ replay: SpotReplay, column: String, hasTime: Bool) {
        alerts = replay.foundAlerts
        summary = replay.summary
        self.column = column
        self.hasTime = hasTime
        options = replay.options
        state = replay.state
        upper = replay.threshold(of: .up)
        lower = replay.threshold(of: .down)
    }

    /// The row of a time where rows have none, counted from 1.
    private func row(_ time: Int64) -> Int64 { time / max(1, options.interval) + 1 }

    private func text(time: Int64) -> String { hasTime ? TimeText.iso8601(time) : "row \(row(time))" }

    private static func text(_ number: Double?) -> String {
        guard let number else { return "-" }
        return String(format: "%.6g", number)
    }
}

// MARK: - For people

extension SpotResult {
    /// A table of the alerts, and what was counted.
    public func table() -> String {
        var rows = [["START", "STATUS", "VALUE", "THRESHOLD", "PROBABILITY", "CONFIDENCE", "VALUES", "END"]]
        for alert in alerts {
            rows.append([
                text(time: alert.start),
                alert.status.rawValue,
                Self.text(alert.value),
                Self.text(alert.threshold),
                String(format: "%.1e", alert.probability),
                alert.confidence.rawValue,
                "\(alert.count)",
                (alert.end.map(text(time:)) ?? "-") + (alert.isRegimeChange ? "  changed for good" : ""),
            ])
        }
        let found = alerts.isEmpty ? "no alerts\n" : Self.aligned(rows)
        return found + "\n" + Self.aligned(facts.map { [$0.name, $0.text] })
    }

    private var facts: [(name: String, text: String)] {
        var facts: [(name: String, text: String)] = [
            ("column", column),
            (
                "rows",
                "\(summary.rows)" + (summary.oldRows > 0 ? ", \(summary.oldRows) of them not newer than before" : "")
            ),
        ]
        if hasTime, let first = summary.firstTime, let last = summary.lastTime {
            facts.append(("from, to", "\(text(time: first)), \(text(time: last))"))
        }
        facts.append(("values", "\(Self.text(summary.least)) to \(Self.text(summary.most))"))
        facts.append(("missing", "\(summary.missing) values, \(summary.gaps) gaps"))
        if summary.resets > 0 { facts.append(("restarts of the counter", "\(summary.resets)")) }
        facts.append(("learned from", "\(summary.learned)"))
        facts.append(("judged", "\(summary.judged)"))
        facts.append(("in a tail", "\(summary.excesses)"))
        let share = summary.flaggedShare(perChance: options.parameters.q)
        let times = share.map { ", \(Self.text($0)) times what clean data would have at q \(options.parameters.q)" }
        facts.append(("flagged", "\(summary.anomalies)\(times ?? "")"))
        let omitted = summary.omittedAlerts > 0 ? ", \(summary.omittedAlerts) of them not shown" : ""
        facts.append(("alerts", "\(summary.alerts)\(omitted)"))
        facts.append(("changes for good", "\(summary.regimeChanges)"))
        let states = SpotState.allCases.compactMap { state in
            summary.states[state].map { "\(state.rawValue) \($0)" }
        }
        facts.append(("states", states.joined(separator: ", ")))
        facts.append(("at the end", "\(state.rawValue), thresholds \(Self.text(lower)) and \(Self.text(upper))"))
        return facts
    }

    private static func aligned(_ rows: [[String]]) -> String {
        let columns = rows.map(\.count).max() ?? 0
        let widths = (0..<columns).map { column in
            rows.map { column < $0.count ? $0[column].count : 0 }.max() ?? 0
        }
        return rows.map { row in
            row.enumerated().map { column, cell in
                column == row.count - 1 ? cell : cell + String(repeating: " ", count: widths[column] - cell.count)
            }.joined(separator: "  ") + "\n"
        }.joined()
    }
}

// MARK: - For programs

extension SpotResult {
    /// JSON: the alerts, as they go to exporting modules, and what was counted. Times are milliseconds since 1970, or
    /// where the table has none, milliseconds since the first row.
    ///
    /// - Throws: `EncodingError`.
    public func json() throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(Document(self)), as: UTF8.self) + "\n"
    }

    private struct Document: Encodable {
        var alerts: [SpotAlert]
        var summary: Counts

        init(_ result: SpotResult) {
            alerts = result.alerts
            summary = Counts(result)
        }
    }

    private struct Counts: Encodable {
        var column: String
        var hasTime: Bool
        var intervalMilliseconds: Int64?
        var rows: Int
        var oldRows: Int
        var missing: UInt64
        var gaps: Int
        var resets: UInt64
        var learned: Int
        var judged: Int
        var excesses: Int
        var flagged: Int
        var flaggedPerChance: Double?
        var alarms: Int
        var alerts: Int
        var omittedAlerts: Int
        var regimeChanges: Int
        var states: [String: Int]
        var state: SpotState
        var upperThreshold: Double?
        var lowerThreshold: Double?
        var parameters: SpotParameters

        enum CodingKeys: String, CodingKey {
            case column
            case hasTime = "has_time"
            case intervalMilliseconds = "interval_ms"
            case rows
            case oldRows = "old_rows"
            case missing, gaps, resets, learned, judged, excesses, flagged
            case flaggedPerChance = "flagged_per_chance"
            case alarms, alerts
            case omittedAlerts = "omitted_alerts"
            case regimeChanges = "regime_changes"
            case states, state
            case upperThreshold = "upper_threshold"
            case lowerThreshold = "lower_threshold"
            case parameters
        }

        init(_ result: SpotResult) {
            let summary = result.summary
            column = result.column
            hasTime = result.hasTime
            intervalMilliseconds = result.hasTime ? nil : result.options.interval
            rows = summary.rows
            oldRows = summary.oldRows
            missing = summary.missing
            gaps = summary.gaps
            resets = summary.resets
            learned = summary.learned
            judged = summary.judged
            excesses = summary.excesses
            flagged = summary.anomalies
            flaggedPerChance = summary.flaggedShare(perChance: result.options.parameters.q)
            alarms = summary.alarms
            alerts = summary.alerts
            omittedAlerts = summary.omittedAlerts
            regimeChanges = summary.regimeChanges
            states = Dictionary(summary.states.map { ($0.key.rawValue, $0.value) }) { first, _ in first }
            state = result.state
            upperThreshold = result.upper
            lowerThreshold = result.lower
            parameters = result.options.parameters
        }
    }
}
