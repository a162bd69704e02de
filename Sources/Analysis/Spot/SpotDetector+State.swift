extension SpotDetector {
    /// How far it is.
    public var state: SpotState {
        if isRecalibrating, phase != .detecting { return .recalibrating }
        switch phase {
        case .filling: return .filling
        case .collecting: return .calibrating
        case .detecting: break
        }
        if upper?.isDegenerate ?? true, lower?.isDegenerate ?? true { return .degenerate }
        if isRecalibrating { return .recalibrating }
        if upper?.isDegenerate ?? false || lower?.isDegenerate ?? false { return .lowConfidence }
        return confidence == .low ? .lowConfidence : .running
    }

    /// How well its tails are known; low if one of two is.
    public var confidence: SpotConfidence { limits.confidence }

    /// The moving mean; 0 if there is none.
    public var drift: Double { window.mean }

    /// The value above which the next one is flagged; nil if none will be.
    public var upperThreshold: Double? {
        guard phase == .detecting else { return nil }
        let threshold = window.mean + limits.upper
        return threshold.isFinite ? threshold : nil
    }

    /// The value below which the next one is flagged; nil if none will be.
    public var lowerThreshold: Double? {
        guard phase == .detecting else { return nil }
        let threshold = window.mean - limits.lower
        return threshold.isFinite ? threshold : nil
    }

    /// What is known of one side; nil if it is not watched or not calibrated.
    public func summary(of side: SpotSide) -> SpotTailSummary? {
        guard let tail = side == .up ? upper : lower, tail.threshold.isFinite else { return nil }
        let sign = side == .up ? 1.0 : -1.0
        return SpotTailSummary(
            excessThreshold: sign * tail.threshold,
            anomalyThreshold: tail.quantile.isFinite ? sign * tail.quantile : nil,
            tail: tail.tail,
            excessCount: tail.excessCount,
            keptCount: tail.ring.count,
            share: tail.share(rules, observationCount),
            confidence: tail.confidence
        )
    }
}

/// What a ``SpotDetector`` knows of one side. Thresholds are deviations from the moving mean.
public struct SpotTailSummary: Sendable, Hashable {
    /// Where the tail begins.
    public var excessThreshold: Double
    /// Where values are flagged; nil if none are.
    public var anomalyThreshold: Double?
    /// The distribution in the tail; nil if there is none.
    public var tail: ParetoTail?
    /// How many values of the tail there were since the calibration.
    public var excessCount: UInt64
    /// How many of them are kept.
    public var keptCount: Int
    /// The share of values that lie in the tail.
    public var share: Double
    /// How well it is known.
    public var confidence: SpotConfidence
}
