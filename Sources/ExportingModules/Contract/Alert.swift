public import Exposition

/// News of an alert, as exporting modules get it: once when it begins, again when it has ended, and in between where a
/// module asks for it.
///
/// The fields `status`, `stat`, `value`, `code` and `probability` are netspot's.
public struct Alert: Sendable, Hashable {
    /// On which side the values are unusual.
    public enum Status: String, Sendable, Hashable, CaseIterable {
        /// Unusually large.
        case up = "UP_ALERT"
        /// Unusually small.
        case down = "DOWN_ALERT"
    }

    /// Whether it goes on.
    public enum State: String, Sendable, Hashable, CaseIterable {
        /// It goes on.
        case firing
        /// It is over; ``Alert/end`` says since when.
        case resolved
    }

    /// How well the threshold was known.
    public enum Confidence: String, Sendable, Hashable, CaseIterable {
        /// From few values.
        case low
        /// From enough values.
        case normal
    }

    /// The same from the beginning of an alert to its end, different for any two alerts.
    public var id: String
    /// Whether it goes on.
    public var state: State
    /// On which side the values are unusual.
    public var status: Status
    /// The name of the series.
    public var stat: String
    /// The name of the service; empty if there is none.
    public var service: String
    /// The labels of the series.
    public var labels: LabelSet
    /// The value that raised it; may be infinite.
    public var value: Double
    /// The probability of a value at least as extreme, from 0 to 1.
    public var probability: Double
    /// The threshold that the value was beyond; nil if there was none.
    public var threshold: Double?
    /// The moving mean that the value was compared with; nil if there was none.
    public var drift: Double?
    /// How well the threshold was known.
    public var confidence: Confidence
    /// When it began, in milliseconds since 1970.
    public var start: Int64
    /// When it ended; nil while it goes on.
    public var end: Int64?

    /// +1 for large values, -1 for small ones.
    public var code: Int { status == .up ? 1 : -1 }

    /// Creates news of an alert. A probability that is not from 0 to 1 is taken to the nearest that is, NaN to 0.
    public init(
        id: String,
        state: State,
        status: Status,
        stat: String,
        service: String = "",
        labels: LabelSet = [:],
        value: Double,
        probability: Double,
        threshold: Double? = nil,
        drift: Double? = nil,
        confidence: Confidence = .normal,
        start: Int64,
        end: Int64? = nil
    ) {
        self.id = id
        self.state = state
        self.status = status
        self.stat = stat
        self.service = service
        self.labels = labels
        self.value = value
        self.probability = probability > 0 ? min(probability, 1) : 0
        self.threshold = threshold
        self.drift = drift
        self.confidence = confidence
        self.start = start
        self.end = end
    }
}
