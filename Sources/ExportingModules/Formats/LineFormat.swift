import Exposition

/// The forms in which records are written to the console and to files, one record per line.
enum LineFormat: String, Sendable, CaseIterable {
    /// Text for people.
    case text
    /// One JSON object per line.
    case json
    /// Comma-separated values (RFC 4180), with a header.
    case csv

    /// What the samples in a file or on a connection begin with; empty if that is the first record.
    ///
    /// - Parameter isTagged: Whether lines have a tag.
    func sampleHeader(isTagged: Bool = false) -> String {
        header("time,series,service,name,labels,kind,value", isTagged)
    }

    /// What alerts begin with; see ``sampleHeader(isTagged:)``.
    func alertHeader(isTagged: Bool = false) -> String {
        header(
            "time,series,id,state,status,stat,service,labels,value,code,probability,threshold,drift,confidence,start,end",
            isTagged
        )
    }

    private func header(_ names: String, _ isTagged: Bool) -> String {
        guard self == .csv else { return "" }
        return isTagged ? "\(names),tag\n" : "\(names)\n"
    }

    /// One line with a sample, its line end included.
    ///
    /// - Parameters:
    ///   - sample: The sample.
    ///   - series: The name of the run.
    ///   - tag: What tells the lines of one sender from those of others, where they meet; nil for no such field. Text for
    ///     people never has it.
    func line(_ sample: Sample, series: String, tag: String? = nil) -> String {
        switch self {
        case .text:
            let service = sample.service.isEmpty ? "" : " [\(LineText.visible(sample.service))]"
            let series = LineText.series(sample.name, sample.labels)
            return "\(TimeFormat.iso(sample.timestamp))\(service) \(series) \(NumberFormat.plain(sample.value))\n"
        case .json:
            var object = JSONLine(type: "data", time: sample.timestamp, series: series)
            if let tag { object.add("tag", tag) }
            object.add("service", sample.service)
            object.add("name", sample.name)
            object.add("labels", sample.labels)
            object.add("kind", sample.kind.rawValue)
            object.add("value", sample.value)
            return object.line
        case .csv:
            let fields = [
                String(sample.timestamp), series, sample.service, sample.name, LineText.labels(sample.labels),
                sample.kind.rawValue, NumberFormat.plain(sample.value),
            ]
            return CSVLine.of(tag.map { fields + [$0] } ?? fields)
        }
    }

    /// One line with news of an alert, its line end included.
    ///
    /// - Parameters:
    ///   - alert: The news.
    ///   - time: When it was found out, in milliseconds since 1970.
    ///   - series: The name of the run.
    ///   - tag: As for samples.
    func line(_ alert: Alert, time: Int64, series: String, tag: String? = nil) -> String {
        switch self {
        case .text: return text(alert, time: time)
        case .json:
            var object = JSONLine(type: "alarm", time: time, series: series)
            if let tag { object.add("tag", tag) }
            object.add("id", alert.id)
            object.add("state", alert.state.rawValue)
            object.add("status", alert.status.rawValue)
            object.add("stat", alert.stat)
            object.add("service", alert.service)
            object.add("labels", alert.labels)
            object.add("value", alert.value)
            object.add("code", Int64(alert.code))
            object.add("probability", alert.probability)
            object.add("threshold", alert.threshold)
            object.add("drift", alert.drift)
            object.add("confidence", alert.confidence.rawValue)
            object.add("start", alert.start)
            object.add("end", alert.end)
            return object.line
        case .csv:
            let fields = [
                String(time), series, alert.id, alert.state.rawValue, alert.status.rawValue, alert.stat, alert.service,
                LineText.labels(alert.labels), NumberFormat.plain(alert.value), String(alert.code),
                NumberFormat.plain(alert.probability), alert.threshold.map(NumberFormat.plain) ?? "",
                alert.drift.map(NumberFormat.plain) ?? "", alert.confidence.rawValue, String(alert.start),
                alert.end.map { String($0) } ?? "",
            ]
            return CSVLine.of(tag.map { fields + [$0] } ?? fields)
        }
    }

    private func text(_ alert: Alert, time: Int64) -> String {
        let service = alert.service.isEmpty ? "" : " [\(LineText.visible(alert.service))]"
        var line = "\(TimeFormat.iso(time))\(service) \(alert.status.rawValue) \(alert.state.rawValue)"
        line += " \(LineText.series(alert.stat, alert.labels)) \(NumberFormat.plain(alert.value))"
        if let threshold = alert.threshold {
            line += alert.status == .up ? " above" : " below"
            line += " \(NumberFormat.plain(threshold))"
        }
        line += " (probability \(NumberFormat.plain(alert.probability)), confidence \(alert.confidence.rawValue))"
        line += " since \(TimeFormat.iso(alert.start))"
        if let end = alert.end { line += " until \(TimeFormat.iso(end))" }
        return line + " id \(LineText.visible(alert.id))\n"
    }
}

/// Names and labels in lines of text.
enum LineText {
    /// A series as in the text format of Prometheus.
    static func series(_ name: String, _ labels: LabelSet) -> String {
        visible(name) + (labels.isEmpty ? "" : self.labels(labels))
    }

    /// Labels as in the text format of Prometheus.
    static func labels(_ labels: LabelSet) -> String {
        var text = "{"
        for (index, label) in labels.labels.enumerated() {
            if index > 0 { text += "," }
            text += visible(label.name)
            text += "=\""
            text += escaped(label.value)
            text += "\""
        }
        text += "}"
        return text
    }

    /// Text without anything that ends a line or moves the cursor of a terminal.
    static func visible(_ text: String) -> String {
        if text.utf8.allSatisfy(isPrintable) || !text.unicodeScalars.contains(where: isControl) { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            if isControl(scalar) {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }

    private static func escaped(_ text: String) -> String {
        let isPlain = text.utf8.allSatisfy {
            isPrintable($0) && $0 != UInt8(ascii: "\\") && $0 != UInt8(ascii: "\"")
        }
        if isPlain { return text }
        var result = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\\": result += "\\\\"
            case "\"": result += "\\\""
            case "\n": result += "\\n"
            default: result.unicodeScalars.append(scalar)
            }
        }
        return visible(result)
    }

    /// ASCII that is no control.
    private static func isPrintable(_ byte: UInt8) -> Bool { byte >= 0x20 && byte < 0x7f }

    /// C0 and C1 controls, and the separators of lines and paragraphs.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        scalar.value < 0x20 || (0x7f...0x9f).contains(scalar.value) || scalar.value == 0x2028 || scalar.value == 0x2029
    }
}

/// A line of comma-separated values.
enum CSVLine {
    static func of(_ fields: [String]) -> String {
        var line = ""
        for (index, field) in fields.enumerated() {
            if index > 0 { line += "," }
            append(field, to: &line)
        }
        line += "\n"
        return line
    }

    private static func append(_ field: String, to line: inout String) {
        guard field.utf8.contains(where: isSpecial) else {
            line += field
            return
        }
        line += "\""
        for scalar in field.unicodeScalars {
            if scalar == "\"" { line += "\"" }
            line.unicodeScalars.append(scalar)
        }
        line += "\""
    }

    private static func isSpecial(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: ","), UInt8(ascii: "\""), UInt8(ascii: "\n"), UInt8(ascii: "\r"): true
        default: false
        }
    }
}
