/// The lines that begin a family on a page.
struct PageHeader {
    /// The name of the family, escaped.
    let name: String
    let kind: MetricKind
    let help: String
    let unit: String?

    /// The name that OpenMetrics gives the family instead of the one its samples carry; nil if it is the same.
    var shortName: String? {
        let suffix: String
        switch kind {
        case .counter: suffix = "_total"
        case .info: suffix = "_info"
        case .gauge, .histogram, .summary, .unknown: return nil
        }
        return name.removingSuffix(suffix)
    }

    /// The lines of the text format.
    func text() -> [UInt8] {
        let type =
            switch kind {
            case .counter: "counter"
            case .gauge, .info: "gauge"
            case .histogram: "histogram"
            case .summary: "summary"
            case .unknown: "untyped"
            }
        var lines: [UInt8] = []
        if !help.isEmpty { Self.append("HELP", name, to: &lines) { $0.append(help: help, escapingQuotes: false) } }
        Self.append("TYPE", name, to: &lines) { $0.append(text: type) }
        return lines
    }

    /// The lines of OpenMetrics.
    ///
    /// - Parameter isShortNameFree: Whether no other family of the page has the short name. If one has, and if there is
    ///   no short name though the kind demands it, the family has the type that demands nothing.
    func openMetrics(isShortNameFree: Bool) -> [UInt8] {
        let shortName = isShortNameFree ? shortName : nil
        let type =
            switch kind {
            case .counter: shortName == nil ? "unknown" : "counter"
            case .info: shortName == nil ? "gauge" : "info"
            case .gauge: "gauge"
            case .histogram: "histogram"
            case .summary: "summary"
            case .unknown: "unknown"
            }
        let name = shortName ?? name
        var lines: [UInt8] = []
        if !help.isEmpty { Self.append("HELP", name, to: &lines) { $0.append(help: help, escapingQuotes: true) } }
        Self.append("TYPE", name, to: &lines) { $0.append(text: type) }
        // A unit has to be the end of the name, and an info has none.
        if let unit, NameRules.isPlainMetricName(unit), name.removingSuffix("_" + unit) != nil, type != "info" {
            Self.append("UNIT", name, to: &lines) { $0.append(text: unit) }
        }
        return lines
    }

    private static func append(
        _ keyword: String,
        _ name: String,
        to lines: inout [UInt8],
        _ text: (inout [UInt8]) -> Void
    ) {
        lines.append(text: "# \(keyword) ")
        lines.append(metricName: name)
        lines.append(UInt8(ascii: " "))
        text(&lines)
        lines.append(UInt8(ascii: "\n"))
    }
}
