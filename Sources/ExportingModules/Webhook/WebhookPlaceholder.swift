import Exposition

/// What can stand in `${...}` in a template.
enum WebhookPlaceholder: Sendable, Hashable {
    case named(String)
    /// The value of a label.
    case label(String)

    /// A value to be written as JSON.
    enum Value {
        case text(String)
        case number(Double)
        case integer(Int64)
        case labels(LabelSet)
        /// JSON as it is.
        case raw(String)
        case null
    }

    /// What there is in a template for one record.
    static let ofRecords = Set(values(of: Example.sample).keys).union(values(of: Example.alert).keys).sorted()
    /// What there is in a template for a batch.
    static let ofBatches = ["agent", "count", "records", "series", "time", "time.iso"]

    /// Reads what stands between the braces; nil if there is no such thing.
    init?(_ text: String, among names: [String]) {
        if text.hasPrefix("label."), text.utf8.count > 6, names.contains("labels") {
            self = .label(String(text.dropFirst(6)))
        } else if names.contains(text) {
            self = .named(text)
        } else {
            return nil
        }
    }

    /// Whether only samples have it.
    var isOfSamples: Bool { if case .named(let name) = self { name.hasPrefix("sample.") } else { false } }
    /// Whether only alerts have it.
    var isOfAlerts: Bool { if case .named(let name) = self { name.hasPrefix("alert.") } else { false } }

    /// The value for one record, `null` if it has none.
    func value(in values: [String: Value], labels: LabelSet) -> Value {
        switch self {
        case .named(let name): values[name] ?? .null
        case .label(let name): labels[name].map { .text($0) } ?? .null
        }
    }

    /// What a record has, without what is not its own.
    static func values(of record: WebhookRecord) -> [String: Value] {
        var values: [String: Value] = [
            "agent": .text(record.agent), "series": .text(record.series), "time": .integer(record.time),
            "time.iso": .text(TimeFormat.iso(record.time)), "labels": .labels(record.labels),
            "record": .raw(record.json),
        ]
        switch record.content {
        case .sample(let sample):
            values["kind"] = .text("data")
            values["service"] = .text(sample.service)
            values["sample.name"] = .text(sample.name)
            values["sample.service"] = .text(sample.service)
            values["sample.value"] = .number(sample.value)
            values["sample.time"] = .integer(sample.timestamp)
            values["sample.kind"] = .text(sample.kind.rawValue)
            values["sample.help"] = .text(sample.family.help)
            values["sample.unit"] = .text(sample.family.unit)
        case .alert(let alert):
            values["kind"] = .text("alarm")
            values["service"] = .text(alert.service)
            values["alert.id"] = .text(alert.id)
            values["alert.state"] = .text(alert.state.rawValue)
            values["alert.status"] = .text(alert.status.rawValue)
            values["alert.stat"] = .text(alert.stat)
            values["alert.service"] = .text(alert.service)
            values["alert.value"] = .number(alert.value)
            values["alert.code"] = .integer(Int64(alert.code))
            values["alert.probability"] = .number(alert.probability)
            values["alert.threshold"] = alert.threshold.map { .number($0) } ?? .null
            values["alert.drift"] = alert.drift.map { .number($0) } ?? .null
            values["alert.confidence"] = .text(alert.confidence.rawValue)
            values["alert.start"] = .integer(alert.start)
            values["alert.start.iso"] = .text(TimeFormat.iso(alert.start))
            values["alert.end"] = alert.end.map { .integer($0) } ?? .null
            values["alert.end.iso"] = alert.end.map { .text(TimeFormat.iso($0)) } ?? .null
        }
        return values
    }

    /// Records to try a template with.
    enum Example {
        static let sample = WebhookRecord(
            content: .sample(
                Sample(
                    name: "up",
                    service: "a\"b",
                    labels: ["host": "a\\b\nc"],
                    value: .nan,
                    timestamp: 1_790_000_000_000
                )
            ),
            time: 1_790_000_000_000,
            series: "run",
            agent: "agent"
        )
        static let alert = WebhookRecord(
            content: .alert(
                Alert(
                    id: "1",
                    state: .firing,
                    status: .up,
                    stat: "up\"",
                    labels: ["host": "a\\b\nc"],
                    value: .infinity,
                    probability: 1e-9,
                    start: 1_790_000_000_000
                )
            ),
            time: 1_790_000_000_000,
            series: "run",
            agent: "agent"
        )
    }
}

/// One record with what a template may want to know about it.
struct WebhookRecord: Sendable {
    enum Content: Sendable {
        case sample(Sample)
        case alert(Alert)
    }

    let content: Content
    /// When it was collected or found out, in milliseconds since 1970.
    let time: Int64
    /// The name of the run.
    let series: String
    /// The name of the agent.
    let agent: String

    var labels: LabelSet {
        switch content {
        case .sample(let sample): sample.labels
        case .alert(let alert): alert.labels
        }
    }

    /// The object of a JSON line.
    var json: String {
        let line =
            switch content {
            case .sample(let sample): LineFormat.json.line(sample, series: series)
            case .alert(let alert): LineFormat.json.line(alert, time: time, series: series)
            }
        return String(line.dropLast())
    }
}
