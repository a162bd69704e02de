import Exposition

/// How an alert looks to Alertmanager (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml).
///
/// Alertmanager knows an alert by its labels: news with the same labels is about the same alert. So what changes (the
/// value, the probability, the id) is in annotations.
struct AlertmanagerAlert: Sendable {
    /// What all alerts of a module have in common.
    struct Form: Sendable {
        /// The label `alertname`.
        var name: String
        /// The label `agent`; empty for none.
        var agent: String
        /// More labels.
        var labels: [String: String]
        /// Where a person finds out more; empty for nowhere.
        var generatorURL: String
    }

    /// The labels, sorted by name; names are plain words, none twice, no value is empty.
    let labels: LabelSet
    let annotations: LabelSet
    /// When it began, in milliseconds since 1970.
    let start: Int64
    /// When it ended; nil while it goes on.
    let end: Int64?
    let generatorURL: String

    /// Creates an alert.
    init(_ alert: Alert, form: Form) {
        var own = form.labels
        own["alertname"] = form.name
        own["stat"] = alert.stat
        own["status"] = alert.status.rawValue
        var labels: [String: String] = [:]
        for label in alert.labels.labels {
            let name = EscapingScheme.underscores.escape(labelName: label.name)
            labels[own[name] == nil ? name : "exported_\(name)"] = label.value
        }
        if labels["service"] == nil { labels["service"] = alert.service }
        if labels["agent"] == nil { labels["agent"] = form.agent }
        labels.merge(own) { _, own in own }
        self.labels = LabelSet(labels.filter { !$0.key.isEmpty && !$0.value.isEmpty })
        annotations = Self.annotations(alert)
        start = alert.start
        end = alert.end.map { max($0, alert.start) }
        generatorURL = form.generatorURL
    }

    private static func annotations(_ alert: Alert) -> LabelSet {
        let value = NumberFormat.plain(alert.value)
        var annotations: LabelSet = [
            "value": value, "probability": NumberFormat.plain(alert.probability), "id": alert.id,
            "confidence": alert.confidence.rawValue,
        ]
        var summary = LineText.series(alert.stat, alert.labels)
        if !alert.service.isEmpty { summary += " of \(LineText.visible(alert.service))" }
        summary += alert.status == .up ? " is unusually high: \(value)" : " is unusually low: \(value)"
        if let threshold = alert.threshold {
            annotations["threshold"] = NumberFormat.plain(threshold)
            summary += alert.status == .up ? " is above" : " is below"
            summary += " the threshold \(NumberFormat.plain(threshold))"
        }
        if let drift = alert.drift { annotations["drift"] = NumberFormat.plain(drift) }
        annotations["summary"] = summary
        return annotations
    }

    /// Adds the alert as a JSON object.
    ///
    /// - Parameter expiry: When an alert that goes on is to resolve by itself if nothing more is heard of it.
    func append(expiry: Int64, to bytes: inout [UInt8]) {
        bytes.append(text: "{\"labels\":")
        Self.append(labels, to: &bytes)
        bytes.append(text: ",\"annotations\":")
        Self.append(annotations, to: &bytes)
        bytes.append(text: ",\"startsAt\":\"\(TimeFormat.iso(start))\"")
        // An end before the start is refused.
        bytes.append(text: ",\"endsAt\":\"\(TimeFormat.iso(end ?? max(expiry, start)))\"")
        if !generatorURL.isEmpty {
            bytes.append(text: ",\"generatorURL\":")
            bytes.append(jsonString: generatorURL)
        }
        bytes.append(UInt8(ascii: "}"))
    }

    /// Several alerts as a JSON array.
    static func body(_ alerts: [AlertmanagerAlert], expiry: Int64) -> [UInt8] {
        var bytes = [UInt8(ascii: "[")]
        for (index, alert) in alerts.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            alert.append(expiry: expiry, to: &bytes)
        }
        bytes.append(UInt8(ascii: "]"))
        return bytes
    }

    private static func append(_ labels: LabelSet, to bytes: inout [UInt8]) {
        bytes.append(UInt8(ascii: "{"))
        for (index, label) in labels.labels.enumerated() {
            if index > 0 { bytes.append(UInt8(ascii: ",")) }
            bytes.append(jsonString: label.name)
            bytes.append(UInt8(ascii: ":"))
            bytes.append(jsonString: label.value)
        }
        bytes.append(UInt8(ascii: "}"))
    }
}
