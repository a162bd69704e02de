public import Exposition

/// Unusual values of one series on one side, from the first alarm until the series has been normal for a while.
///
/// ``status``, ``stat``, ``value``, ``code`` and ``probability`` are as netspot has them and belong to the first alarm.
public struct SpotAlert: Sendable, Hashable {
    /// On which side the values were.
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        /// Unusually large.
        case up = "UP_ALERT"
        /// Unusually small.
        case down = "DOWN_ALERT"
    }

    /// Why an alert has ended.
    public enum Ending: String, Sendable, Hashable, Codable, CaseIterable {
        /// The series has been normal for the configured time.
        case normal
        /// The series has brought no values for the configured time.
        case lost
    }

    /// The same for one alert from start to end, different for any two alerts.
    public var id: String
    /// On which side the values are.
    public var status: Status
    /// The series.
    public var series: SpotSeries
    /// The first value that was flagged; may be infinite.
    public var value: Double
    /// The probability of a value at least as extreme as the first: from 0 to 1.
    public var probability: Double
    /// The threshold that the first value was beyond; nil if there was none and the value was infinite.
    public var threshold: Double?
    /// The moving mean that the first value was compared with.
    public var drift: Double
    /// How well the tail was known at the first alarm.
    public var confidence: SpotConfidence
    /// The most extreme value so far.
    public var extreme: Double
    /// How many values were flagged.
    public var count: UInt64
    /// Whether the series was found to have changed for good.
    public var isRegimeChange: Bool
    /// When the first value was flagged, in milliseconds since 1970.
    public var start: Int64
    /// When a value was flagged last.
    public var lastAlarm: Int64
    /// When the series was normal again for the first time after the last alarm; when lost, the time of the last alarm.
    /// Nil while the alert goes on.
    public var end: Int64?
    /// Why it has ended; nil while it goes on.
    public var ending: Ending?

    /// Creates an alert that goes on.
    init(
        id: String,
        status: Status,
        series: SpotSeries,
        value: Double,
        probability: Double,
        threshold: Double?,
        drift: Double,
        confidence: SpotConfidence,
        extreme: Double,
        count: UInt64,
        isRegimeChange: Bool,
        start: Int64,
        lastAlarm: Int64
    ) {
        self.id = id
        self.status = status
        self.series = series
        self.value = value
        self.probability = probability
        self.threshold = threshold
        self.drift = drift
        self.confidence = confidence
        self.extreme = extreme
        self.count = count
        self.isRegimeChange = isRegimeChange
        self.start = start
        self.lastAlarm = lastAlarm
    }

    /// +1 for large values, -1 for small ones.
    public var code: Int { status == .up ? 1 : -1 }
    /// The name of the metric.
    public var stat: String { series.stat }
    /// The name of the service.
    public var service: String { series.service }
    /// The labels of the series.
    public var labels: LabelSet { series.labels }
}

// MARK: - Storing

extension SpotAlert: Codable {
    private enum CodingKeys: String, CodingKey {
        case id, status, stat, service, labels, value, code, probability, threshold, drift, confidence, extreme, count
        case isRegimeChange = "regime_change"
        case start
        case lastAlarm = "last_alarm"
        case end, ending
    }

    /// Writes the alert. A value that is not finite is written as the text `+Inf` or `-Inf`.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(id, forKey: .id)
        try container.encode(status, forKey: .status)
        try container.encode(series.stat, forKey: .stat)
        try container.encode(series.service, forKey: .service)
        let pairs = series.labels.labels.map { ($0.name, $0.value) }
        try container.encode(Dictionary(pairs) { first, _ in first }, forKey: .labels)
        try container.encode(PlainNumber(value), forKey: .value)
        try container.encode(code, forKey: .code)
        try container.encode(probability, forKey: .probability)
        try container.encodeIfPresent(threshold, forKey: .threshold)
        try container.encode(drift, forKey: .drift)
        try container.encode(confidence, forKey: .confidence)
        try container.encode(PlainNumber(extreme), forKey: .extreme)
        try container.encode(count, forKey: .count)
        try container.encode(isRegimeChange, forKey: .isRegimeChange)
        try container.encode(start, forKey: .start)
        try container.encode(lastAlarm, forKey: .lastAlarm)
        try container.encodeIfPresent(end, forKey: .end)
        try container.encodeIfPresent(ending, forKey: .ending)
    }

    /// Reads an alert.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        id = try container.decode(String.self, forKey: .id)
        status = try container.decode(Status.self, forKey: .status)
        series = SpotSeries(
            stat: try container.decode(String.self, forKey: .stat),
            service: try container.decode(String.self, forKey: .service),
            labels: LabelSet(try container.decode([String: String].self, forKey: .labels))
        )
        value = try container.decode(PlainNumber.self, forKey: .value).number
        probability = try container.decode(Double.self, forKey: .probability)
        guard (0...1).contains(probability) else {
            throw DecodingError.dataCorruptedError(
                forKey: .probability,
                in: container,
                debugDescription: "not from 0 to 1"
            )
        }
        threshold = try container.decodeIfPresent(Double.self, forKey: .threshold)
        drift = try container.decode(Double.self, forKey: .drift)
        confidence = try container.decode(SpotConfidence.self, forKey: .confidence)
        extreme = try container.decode(PlainNumber.self, forKey: .extreme).number
        count = try container.decode(UInt64.self, forKey: .count)
        isRegimeChange = try container.decode(Bool.self, forKey: .isRegimeChange)
        start = try container.decode(Int64.self, forKey: .start)
        lastAlarm = try container.decode(Int64.self, forKey: .lastAlarm)
        end = try container.decodeIfPresent(Int64.self, forKey: .end)
        ending = try container.decodeIfPresent(Ending.self, forKey: .ending)
    }
}

/// A number that may be infinite, in formats that have no infinity.
private struct PlainNumber: Codable {
    var number: Double

    init(_ number: Double) {
        self.number = number
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if number.isFinite {
            try container.encode(number)
        } else {
            try container.encode(number.isNaN ? "NaN" : number > 0 ? "+Inf" : "-Inf")
        }
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if let number = try? container.decode(Double.self) {
            self.number = number
            return
        }
        switch try container.decode(String.self) {
        case "+Inf": number = .infinity
        case "-Inf": number = -.infinity
        case "NaN": number = .nan
        default: throw DecodingError.dataCorruptedError(in: container, debugDescription: "not a number")
        }
    }
}
