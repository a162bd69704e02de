/// What is made of the samples of a series before a detector sees them.
public enum SeriesTransform: String, Sendable, Hashable, Codable, CaseIterable {
    /// The values as they are: for gauges.
    case raw
    /// The growth per second: for counters.
    case rate
    /// The change since the last sample: for gauges that drift.
    case delta
}

/// Turns the samples of one series into values for a detector.
///
/// - A sample that is not newer than the last is dropped.
/// - A NaN passes as NaN (a gap), and the next sample is a first one again.
/// - A first sample has no rate and no delta, so it gives nothing.
/// - A counter that fell was restarted. What it counted in between is unknown, so that sample gives nothing.
/// - Between samples further apart than ``longestGap`` there is no rate and no delta.
public struct SeriesReader: Sendable, Hashable, Codable {
    /// What it makes of samples.
    public let transform: SeriesTransform
    /// The longest time between two samples that are compared, in milliseconds.
    public internal(set) var longestGap: Int64
    /// How often the counter was restarted.
    public private(set) var resetCount: UInt64 = 0

    private(set) var lastTime: Int64?
    private(set) var lastValue: Double?

    /// Creates a reader. The longest gap is in milliseconds.
    public init(_ transform: SeriesTransform, longestGap: Int64 = 300_000) {
        self.transform = transform
        self.longestGap = max(1, longestGap)
    }

    /// Restores a reader; nil if the parts do not fit together.
    init?(_ transform: SeriesTransform, longestGap: Int64, resetCount: UInt64, lastTime: Int64?, lastValue: Double?) {
        self.init(transform, longestGap: longestGap)
        guard lastValue?.isFinite ?? true, lastTime != nil || lastValue == nil else { return nil }
        self.resetCount = resetCount
        self.lastTime = lastTime
        self.lastValue = lastValue
    }

    /// Takes a sample, and returns what the detector is to see: nil for nothing.
    ///
    /// - Parameters:
    ///   - value: The value.
    ///   - time: When it was true, in milliseconds since 1970.
    public mutating func value(_ value: Double, at time: Int64) -> Double? {
        let before = (time: lastTime, value: lastValue)
        if let last = before.time, time <= last { return nil }
        lastTime = time
        lastValue = value.isFinite ? value : nil
        guard transform != .raw, !value.isNaN else { return value }
        guard let then = before.time, let old = before.value, value.isFinite else { return nil }
        let (elapsed, overflow) = time.subtractingReportingOverflow(then)
        guard !overflow, elapsed <= longestGap else { return nil }
        let change = value - old
        guard transform == .rate else { return change }
        guard change >= 0 else {
            resetCount &+= 1
            return nil
        }
        return change / (Double(elapsed) / 1000)
    }

    private enum CodingKeys: String, CodingKey {
        case transform, longestGap, resetCount, lastTime, lastValue
    }
}
