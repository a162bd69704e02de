/// Finds unusual values in a stream of numbers: SPOT, or with ``SpotParameters/depth`` > 0 DSPOT (Siffer et al., "Anomaly
/// Detection in Streams with Extreme Value Theory", KDD 2017).
///
/// Feed it one value per interval with ``step(_:)``; it calibrates itself from the first values and flags later ones that
/// have a probability below ``SpotParameters/q``. What it does with each kind of input:
///
/// - NaN, or a value that did not come (``skip(_:)``): nothing changes, the gap is counted. After a gap longer than the
///   moving mean the mean is filled again.
/// - Infinity, and any value beyond ``largestValue``: an anomaly of probability 0 on a side that is watched. It is never
///   learned from.
/// - Constant or nearly constant values, and tails of few different values: ``SpotState/degenerate``.
/// - A jump to a new level: after some dozen anomalies one change of regime, see ``SpotParameters/regime``.
///
/// A detector is a value: copying it copies all it has learned. It can be encoded and decoded and goes on where it was.
public struct SpotDetector: Sendable {
    /// How it works.
    public let parameters: SpotParameters
    /// How many values were missing.
    public internal(set) var missingCount: UInt64 = 0
    /// How many changes of regime there were.
    public internal(set) var regimeChangeCount: UInt64 = 0
    /// How many values there were since the last calibration that were not left out, those of the calibration among them.
    public internal(set) var observationCount: UInt64 = 0

    let rules: SpotRules
    var window: DriftWindow
    var upper: SpotTail?
    var lower: SpotTail?
    var phase = Phase.filling
    /// What to do once the window is full.
    var phaseAfterFilling = Phase.collecting
    /// Values to calibrate from, each less the moving mean.
    var batch: ContiguousArray<Double> = []
    /// The largest magnitude of a value of the batch.
    var batchMagnitude = 0.0
    /// Whether values are collected for a new calibration while the last one is in force.
    var isShadowing = false
    /// Whether the calibration that goes on is not the first.
    var isRecalibrating = false
    /// Whether it was a change of regime that started it.
    var isAfterRegimeChange = false
    /// How many values in a row are missing.
    var gap = 0
    /// One bit per value, the last one lowest: whether it was flagged.
    var upperFlags: UInt64 = 0
    var lowerFlags: UInt64 = 0

    /// What of the tails every step needs.
    var limits = Limits(nil, nil)

    /// Where values are flagged, as deviations from the mean with the sign of their side; NaN where they are not.
    struct Limits: Sendable {
        var upper: Double
        var lower: Double
        /// Low if one of two tails is little known.
        var confidence: SpotConfidence

        init(_ upper: SpotTail?, _ lower: SpotTail?) {
            self.upper = upper?.quantile ?? .nan
            self.lower = lower?.quantile ?? .nan
            confidence = upper?.confidence == .low || lower?.confidence == .low ? .low : .normal
        }
    }

    /// What a detector does with values.
    enum Phase: String, Sendable, Hashable, Codable, CaseIterable {
        case filling
        case collecting
        case detecting
    }

    /// Values of a larger magnitude are taken for infinite, so that no sum of values can be.
    public static let largestValue = 1e300

    /// Creates a detector; throws the first parameter that is wrong.
    public init(_ parameters: SpotParameters = SpotParameters()) throws(SpotParameterError) {
        try parameters.validate()
        self.init(checked: parameters)
    }

    /// Creates a detector with parameters that were validated.
    init(checked parameters: SpotParameters) {
        self.parameters = parameters
        rules = SpotRules(parameters)
        window = DriftWindow(depth: parameters.depth)
        upper = parameters.up ? SpotTail(capacity: parameters.excessCapacity) : nil
        lower = parameters.down ? SpotTail(capacity: parameters.excessCapacity) : nil
        limits = Limits(upper, lower)
        if parameters.depth == 0 { phase = .collecting }
        startBatch()
    }
}

// MARK: - Stepping

extension SpotDetector {
    /// Takes the next value and says what it is.
    public mutating func step(_ value: Double) -> SpotStep {
        guard abs(value) <= Self.largestValue else {
            guard !value.isNaN else {
                skip(1)
                return SpotStep(status: .missing, value: value, drift: window.mean, confidence: confidence)
            }
            return stepInfinite(value)
        }
        if gap > 0 { endGap() }
        switch phase {
        case .detecting: return detect(value)
        case .collecting: collect(value)
        case .filling: fill(value)
        }
        return SpotStep(status: .learning, value: value, drift: window.mean, confidence: .low)
    }

    /// Counts values that did not come.
    public mutating func skip(_ count: Int) {
        guard count > 0 else { return }
        missingCount = missingCount.addingReportingOverflow(UInt64(count)).partialValue
        gap = gap.addingReportingOverflow(count).overflow ? .max : gap + count
    }

    private mutating func endGap() {
        // What is older than the window says nothing about the mean of now.
        if gap > parameters.depth, parameters.depth > 0, phase != .filling {
            phaseAfterFilling = phase
            phase = .filling
            window.removeAll()
        } else if gap > parameters.depth, phase == .filling {
            window.removeAll()
        }
        gap = 0
    }

    private mutating func fill(_ value: Double) {
        window.append(value)
        if window.isFull { phase = phaseAfterFilling }
    }

    private mutating func collect(_ value: Double) {
        addToBatch(value)
        window.append(value)
        if batch.count >= parameters.initialCount { calibrate() }
    }

    @inline(__always)
    private mutating func detect(_ value: Double) -> SpotStep {
        let drift = window.mean
        let residual = value - drift
        if residual > limits.upper { return flag(value, residual, .up) }
        if -residual > limits.lower { return flag(value, residual, .down) }
        observationCount &+= 1
        let above = upper?.observe(residual, rules: rules, observations: observationCount) ?? []
        let below = lower?.observe(-residual, rules: rules, observations: observationCount) ?? []
        window.append(value)
        upperFlags <<= 1
        lowerFlags <<= 1
        var step = SpotStep(status: .normal, value: value, drift: drift, confidence: limits.confidence)
        if above.contains(.excess) || below.contains(.excess) {
            describe(&step, above.contains(.excess) ? .up : .down, residual: residual)
        }
        if isShadowing {
            addToBatch(value)
        } else if above.contains(.outOfPlace) || below.contains(.outOfPlace) {
            isShadowing = true
            isRecalibrating = true
            startBatch()
        }
        if isShadowing, batch.count >= parameters.initialCount { calibrate() }
        return step
    }

    /// Makes a step one of an excess that has just been learned.
    private mutating func describe(_ step: inout SpotStep, _ side: SpotSide, residual: Double) {
        let threshold = side == .up ? step.drift + limits.upper : step.drift - limits.lower
        step.status = .excess
        step.side = side
        step.threshold = threshold.isFinite ? threshold : nil
        step.probability = probability(of: residual, side)
        limits = Limits(upper, lower)
        step.confidence = limits.confidence
    }
}

// MARK: - Flagged values

extension SpotDetector {
    private mutating func flag(_ value: Double, _ residual: Double, _ side: SpotSide) -> SpotStep {
        var step = anomaly(value, side, probability: probability(of: residual, side))
        if side == .up, upper?.takesFlagged(rules: rules) ?? false {
            observationCount &+= 1
            upper?.observeFlagged(rules: rules, observations: observationCount)
            _ = lower?.observe(-residual, rules: rules, observations: observationCount)
        } else if side == .down, lower?.takesFlagged(rules: rules) ?? false {
            observationCount &+= 1
            lower?.observeFlagged(rules: rules, observations: observationCount)
            _ = upper?.observe(residual, rules: rules, observations: observationCount)
        }
        limits = Limits(upper, lower)
        upperFlags = upperFlags << 1 | (side == .up ? 1 : 0)
        lowerFlags = lowerFlags << 1 | (side == .down ? 1 : 0)
        if isShadowing { addToBatch(value) }
        if isShadowing, batch.count >= parameters.initialCount { calibrate() }
        let flags = side == .up ? upperFlags : lowerFlags
        if parameters.regimeCount > 0, flags.nonzeroBitCount >= parameters.regimeCount {
            step.isRegimeChange = changeRegime()
        }
        return step
    }

    private mutating func stepInfinite(_ value: Double) -> SpotStep {
        let side = value > 0 ? SpotSide.up : .down
        let tail = side == .up ? upper : lower
        guard phase == .detecting else {
            return SpotStep(status: .learning, value: value, drift: window.mean, confidence: .low)
        }
        guard tail != nil else {
            return SpotStep(status: .normal, value: value, drift: window.mean, confidence: confidence)
        }
        return anomaly(value, side, probability: 0)
    }

    private func anomaly(_ value: Double, _ side: SpotSide, probability: Double) -> SpotStep {
        SpotStep(
            status: .anomaly,
            side: side,
            value: value,
            drift: window.mean,
            threshold: side == .up ? upperThreshold : lowerThreshold,
            probability: probability,
            confidence: confidence,
            isAlarm: parameters.alert
        )
    }

    private func probability(of residual: Double, _ side: SpotSide) -> Double {
        guard let tail = side == .up ? upper : lower else { return 0 }
        let value = side == .up ? residual : -residual
        return tail.probability(of: value, rules: rules, observations: observationCount)
    }

    /// Starts to calibrate anew, because values are no longer what they were. Returns false if the same change was found
    /// before and its calibration is not done.
    private mutating func changeRegime() -> Bool {
        upperFlags = 0
        lowerFlags = 0
        let isNew = !isAfterRegimeChange
        if isNew { regimeChangeCount &+= 1 }
        window.removeAll()
        startBatch()
        isRecalibrating = true
        isAfterRegimeChange = true
        // A mere shift leaves the deviations from the mean as they were, so the last thresholds are of use around the new
        // mean. Without a mean, or if they proved to be of no use, nothing is flagged until the calibration is done.
        let thresholdsStay = isNew && parameters.depth > 0
        isShadowing = thresholdsStay
        phaseAfterFilling = thresholdsStay ? .detecting : .collecting
        phase = parameters.depth > 0 ? .filling : .collecting
        return isNew
    }
}

// MARK: - Calibration

extension SpotDetector {
    private mutating func startBatch() {
        batch.removeAll()
        batch.reserveCapacity(parameters.initialCount)
        batchMagnitude = 0
    }

    private mutating func addToBatch(_ value: Double) {
        batch.append(value - window.mean)
        batchMagnitude = max(batchMagnitude, abs(value))
    }

    private mutating func calibrate() {
        let sorted = ContiguousArray(batch.sorted())
        let noise = 32 * batchMagnitude.ulp
        upper?.calibrate(batch, sorted: sorted, sign: 1, noise: noise, rules: rules)
        lower?.calibrate(batch, sorted: sorted, sign: -1, noise: noise, rules: rules)
        limits = Limits(upper, lower)
        observationCount = UInt64(batch.count)
        batch = []
        phase = .detecting
        isShadowing = false
        isRecalibrating = false
        isAfterRegimeChange = false
        upperFlags = 0
        lowerFlags = 0
    }
}
