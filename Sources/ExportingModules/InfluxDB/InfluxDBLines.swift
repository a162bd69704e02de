import Exposition

/// How records become lines for InfluxDB.
struct InfluxDBLines: Sendable {
    /// What is a measurement.
    enum Form: String, Sendable, CaseIterable {
        /// The name of the metric, with the field `value`.
        case metric
        /// The name of the run, with the name of the metric as the field, as in netspot.
        case series
    }

    let encoder: LineProtocol
    let form: Form
    /// The value of the tag `agent`; empty for none.
    let agent: String
    /// The measurement of alerts if that of samples is the name of the metric.
    let alertMeasurement: String

    /// Adds the line of a sample.
    func append(_ sample: Sample, series: String, to bytes: inout [UInt8]) throws(LineProtocol.Refusal) {
        var tags: [(name: String, value: String)] = []
        if !agent.isEmpty, sample.labels["agent"] == nil { tags.append(("agent", agent)) }
        if !sample.service.isEmpty, sample.labels["service"] == nil { tags.append(("service", sample.service)) }
        switch form {
        case .metric:
            try encoder.append(
                measurement: sample.name,
                labels: sample.labels,
                tags: tags,
                fields: [("value", .number(sample.value))],
                time: sample.timestamp,
                to: &bytes
            )
        case .series:
            guard !sample.name.isEmpty else { throw LineProtocol.Refusal(reason: "the name is empty") }
            guard sample.name != "time" else {
                throw LineProtocol.Refusal(reason: "InfluxDB takes no field of the name time")
            }
            tags.append(("type", "data"))
            try encoder.append(
                measurement: series,
                labels: sample.labels,
                tags: tags,
                fields: [(sample.name, .number(sample.value))],
                time: sample.timestamp,
                to: &bytes
            )
        }
    }

    /// Adds the line of an alert. What is not a number is left out of it, so that the alert itself is not lost.
    func append(_ alert: Alert, time: Int64, series: String, to bytes: inout [UInt8]) throws(LineProtocol.Refusal) {
        var tags: [(name: String, value: String)] = []
        if !agent.isEmpty, alert.labels["agent"] == nil { tags.append(("agent", agent)) }
        if !alert.service.isEmpty, alert.labels["service"] == nil { tags.append(("service", alert.service)) }
        tags += [("stat", alert.stat), ("state", alert.state.rawValue), ("type", "alarm")]
        var fields: [(name: String, value: LineProtocol.Field)] = [
            ("status", .text(alert.status.rawValue)), ("code", .integer(Int64(alert.code))), ("id", .text(alert.id)),
            ("probability", .number(alert.probability)), ("confidence", .text(alert.confidence.rawValue)),
            ("start", .integer(alert.start)),
        ]
        for (name, value) in [("value", alert.value), ("threshold", alert.threshold), ("drift", alert.drift)] {
            if let value, value.isFinite { fields.append((name, .number(value))) }
        }
        if let end = alert.end { fields.append(("end", .integer(end))) }
        try encoder.append(
            measurement: form == .metric ? alertMeasurement : series,
            labels: alert.labels,
            tags: tags,
            fields: fields,
            time: time,
            to: &bytes
        )
    }
}
