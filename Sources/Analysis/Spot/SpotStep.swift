/// A side of a distribution.
public enum SpotSide: String, Sendable, Hashable, Codable, CaseIterable {
    /// Unusually large values.
    case up
    /// Unusually small values.
    case down
}

/// How far a detector is.
public enum SpotState: String, Sendable, Hashable, Codable, CaseIterable {
    /// The window of the moving mean fills: at first, and again after a gap longer than the window.
    case filling
    /// The values to calibrate from are collected.
    case calibrating
    /// It detects, with fewer than 50 values of the tail (or, of two tails, with only one): thresholds may be far off.
    case lowConfidence = "low_confidence"
    /// It detects.
    case running
    /// There is no tail to speak of: the values are constant, or the tail has fewer than 10 different values. It goes on
    /// learning and, with ``SpotParameters/Policy/censor``, flags nothing.
    case degenerate
    /// The series has changed and the detector calibrates anew. As long as the last thresholds are of use they stay in
    /// force.
    case recalibrating
}

/// How well the tail behind a threshold is known.
public enum SpotConfidence: String, Sendable, Hashable, Codable, CaseIterable {
    /// From fewer than 50 values.
    case low
    /// From at least 50 values.
    case normal
}

/// What a ``SpotDetector`` says about one value.
public struct SpotStep: Sendable, Hashable {
    /// What a value was.
    public enum Status: String, Sendable, Hashable, Codable, CaseIterable {
        /// Not a number: nothing was changed, the gap was counted.
        case missing
        /// One to calibrate from, or to fill the window with.
        case learning
        /// Not in a tail.
        case normal
        /// In a tail, and not beyond its threshold.
        case excess
        /// Beyond the threshold.
        case anomaly
    }

    /// What the value was.
    public var status: Status
    /// The tail of an excess or an anomaly.
    public var side: SpotSide?
    /// The value as it was given.
    public var value: Double
    /// The moving mean that the value was compared with; 0 without one.
    public var drift: Double
    /// The threshold that was in force on that side, as a value of the series. Nil if there is no side or no threshold.
    public var threshold: Double?
    /// The probability of a value at least as extreme, for excesses and anomalies: from 0 to 1, and never NaN.
    public var probability: Double?
    /// How well the tail was known.
    public var confidence: SpotConfidence
    /// Whether this is an alarm: an anomaly, and ``SpotParameters/alert`` is on.
    public var isAlarm: Bool
    /// Whether the detector found with this value that the series has changed for good, and calibrates anew.
    public var isRegimeChange: Bool

    /// Creates a step.
    public init(
        status: Status,
        side: SpotSide? = nil,
        value: Double,
        drift: Double = 0,
        threshold: Double? = nil,
        probability: Double? = nil,
        confidence: SpotConfidence = .normal,
        isAlarm: Bool = false,
        isRegimeChange: Bool = false
    ) {
        self.status = status
        self.side = side
        self.value = value
        self.drift = drift
        self.threshold = threshold
        self.probability = probability
        self.confidence = confidence
        self.isAlarm = isAlarm
        self.isRegimeChange = isRegimeChange
    }
}
