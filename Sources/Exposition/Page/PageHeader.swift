/// The lines that begin a family on a page.
struct PageHeader {
    /// The name of the family, escaped.
    let name: String
    /// Whether the name is written without quotes.
    let hasPlainName: Bool
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

    /// More bytes than the lines take in any format.
    var maximumLength: Int {
        // Three lines with keywords, types and quotes, and each character may be escaped.
        96 + 2 * (3 * name.utf8.count + help.utf8.count + (unit?.utf8.count ?? 0))
    }

    /// Appends the lines of the text format.
    func appendText(to lines: inout [UInt8]) {
        let type: StaticString =
            switch kind {
            case .counter: "counter"
            case .gauge, .info: "gauge"
            case .histogram: "histogram"
            case .summary: "summary"
            case .unknown: "untyped"
            }
        if !help.isEmpty {
            append("# HELP ", name, hasPlainName, to: &lines)
            lines.append(help: help, escapingQuotes: false)
            lines.append(UInt8(ascii: "\n"))
        }
        append("# TYPE ", name, hasPlainName, to: &lines)
        lines.append(static: type)
        lines.append(UInt8(ascii: "\n"))
    }

    /// Appends the lines of OpenMetrics.
    ///
    /// - Parameters:
    ///   - shortName: The ``shortName`` if no other family of the page has it. If one has, and if there is none though the
    ///     kind demands it, the family has the type that demands nothing.
    ///   - lines: Where they go.
    func appendOpenMetrics(shortName: String?, to lines: inout [UInt8]) {
        let type: StaticString =
            switch kind {
            case .counter: shortName == nil ? "unknown" : "counter"
            case .info: shortName == nil ? "gauge" : "info"
            case .gauge: "gauge"
            case .histogram: "histogram"
            case .summary: "summary"
            case .unknown: "unknown"
            }
        let name = shortName ?? name
        // What is left of a name without its suffix needs quotes only if the name does, and then it may need none.
        let isPlain = hasPlainName || shortName.map(NameRules.isPlainMetricName) ?? false
        if !help.isEmpty {
            append("# HELP ", name, isPlain, to: &lines)
            lines.append(help: help, escapingQuotes: true)
            lines.append(UInt8(ascii: "\n"))
        }
        append("# TYPE ", name, isPlain, to: &lines)
        lines.append(static: type)
        lines.append(UInt8(ascii: "\n"))
        // A unit has to be the end of the name, and an info has none.
        let isInfo = kind == .info && shortName != nil
        if !isInfo, let unit, NameRules.isPlainMetricName(unit), name.removingSuffix("_" + unit) != nil {
            append("# UNIT ", name, isPlain, to: &lines)
            lines.append(text: unit)
            lines.append(UInt8(ascii: "\n"))
        }
    }

    @inline(__always)
    private func append(_ keyword: StaticString, _ name: String, _ isPlain: Bool, to lines: inout [UInt8]) {
        lines.append(static: keyword)
        if isPlain { lines.append(text: name) } else { lines.append(metricName: name) }
        lines.append(UInt8(ascii: " "))
    }
}
