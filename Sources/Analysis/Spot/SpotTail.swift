/// One side of a ``SpotDetector``: the excesses over a fixed threshold and the quantile beyond which a value is flagged.
///
/// All values are those of the upper tail; the lower tail gets its values with the sign turned.
struct SpotTail: Sendable {
    /// What the excesses exceed; NaN before the calibration.
    private(set) var threshold = Double.nan
    /// Values above are flagged; NaN as long as nothing is.
    private(set) var quantile = Double.nan
    /// The tail beyond ``threshold``; nil as long as there is none.
    private(set) var tail: ParetoTail?
    /// Where to start the next fit.
    private(set) var theta: Double?
    /// The last excesses.
    private(set) var ring: ExcessRing
    /// How many excesses there were since the calibration, those of the calibration among them.
    private(set) var excessCount: UInt64 = 0
    /// How many values have come since the last excess.
    private(set) var sinceExcess: UInt32 = 0
    /// How many flagged values may be counted as censored excesses.
    private(set) var budget = 1.0
    /// How many excesses the calibration had.
    private(set) var calibrationCount = 0
    /// After how many values without an excess the threshold is taken to be out of place.
    private(set) var patience = UInt32.max
    /// How many more excesses until it is looked again whether the tail has enough different values; 0 while it has not.
    private(set) var trusted = 0

    init(capacity: Int) {
        ring = ExcessRing(capacity: capacity)
    }

    /// How well the tail is known.
    var confidence: SpotConfidence {
        ring.count >= min(Self.confidentCount, ring.capacity) ? .normal : .low
    }

    /// Whether there is no tail to speak of.
    var isDegenerate: Bool { !(quantile >= threshold) || trusted == 0 }

    /// The probability of a value beyond `value`.
    func probability(of value: Double, rules: SpotRules, observations: UInt64) -> Double {
        guard value < .infinity, let tail else { return 0 }
        return tail.probability(ofMoreThan: value - threshold, share: share(rules, observations))
    }

    /// The share of values over ``threshold``.
    func share(_ rules: SpotRules, _ observations: UInt64) -> Double {
        let (part, whole) =
            rules.isCensoring ? (UInt64(ring.count), ring.span) : (excessCount, observations)
        return whole > 0 ? min(1, Double(part) / Double(whole)) : 0
    }
}

// MARK: - Storing

extension SpotTail {
    /// Whether it knows where the tail begins.
    var isCalibrated: Bool { threshold.isFinite }

    /// Restores a tail; nil if the parts do not fit together.
    init?(_ stored: StoredTail, capacity: Int) {
        guard
            let ring = ExcessRing(
                capacity: capacity,
                excesses: stored.excesses,
                gaps: stored.gaps,
                censored: stored.censored,
                next: stored.next
            )
        else { return nil }
        self.ring = ring
        threshold = stored.threshold ?? .nan
        quantile = stored.quantile ?? .nan
        theta = stored.theta
        excessCount = stored.excessCount
        sinceExcess = stored.sinceExcess
        budget = stored.budget
        calibrationCount = stored.calibrationCount
        patience = stored.patience
        trusted = stored.trusted
        if let gamma = stored.gamma, let sigma = stored.sigma {
            guard gamma >= -1, gamma.isFinite, sigma > 0, sigma.isFinite else { return nil }
            tail = ParetoTail(gamma: gamma, sigma: sigma)
        }
        let numbers = [stored.threshold, stored.quantile, stored.theta, stored.budget]
        guard numbers.allSatisfy({ $0?.isFinite ?? true }), (0...SpotRules.largestBudget).contains(budget),
            calibrationCount >= 0, (0...max(1, capacity)).contains(trusted), excessCount >= UInt64(ring.count),
            stored.quantile == nil || (tail != nil && quantile >= threshold),
            ring.count == 0 || stored.threshold != nil
        else { return nil }
    }
}

// MARK: - Learning

extension SpotTail {
    /// What a value was to a tail.
    struct Observation: OptionSet {
        var rawValue: UInt8
        /// It lies in the tail.
        static let excess = Observation(rawValue: 1)
        /// With it the threshold no longer separates the tail: too many values exceed it, or too few, or none for long.
        static let outOfPlace = Observation(rawValue: 2)
    }

    /// Counts a value that is not flagged.
    @inline(__always)
    mutating func observe(_ value: Double, rules: SpotRules, observations: UInt64) -> Observation {
        sinceExcess = sinceExcess == .max ? .max : sinceExcess + 1
        if rules.isCensoring { budget = min(SpotRules.largestBudget, budget + rules.q) }
        guard value > threshold else { return sinceExcess == patience ? .outOfPlace : [] }
        learn(value - threshold, censored: false, rules: rules, observations: observations)
        return isOfWrongRate(rules: rules) ? [.excess, .outOfPlace] : .excess
    }

    /// Whether a flagged value is to be counted as one at least as large as the quantile.
    mutating func takesFlagged(rules: SpotRules) -> Bool {
        guard rules.isCensoring else { return false }
        budget = min(SpotRules.largestBudget, budget + rules.q)
        guard budget >= 1, quantile > threshold else { return false }
        budget -= 1
        return true
    }

    /// Counts a flagged value.
    mutating func observeFlagged(rules: SpotRules, observations: UInt64) {
        sinceExcess = sinceExcess == .max ? .max : sinceExcess + 1
        learn(quantile - threshold, censored: true, rules: rules, observations: observations)
    }

    private mutating func learn(_ excess: Double, censored: Bool, rules: SpotRules, observations: UInt64) {
        excessCount &+= 1
        ring.append(excess, gap: sinceExcess, censored: censored)
        sinceExcess = 0
        refit(rules: rules, observations: observations)
    }

    private mutating func refit(rules: SpotRules, observations: UInt64) {
        if trusted > 0 { trusted -= 1 }
        if trusted == 0 {
            let isEnough = ring.hasDistinctValues(atLeast: Self.distinctCount)
            trusted = isEnough ? ring.capacity : 0
            if !isEnough, rules.isCensoring {
                quantile = .nan
                tail = nil
                return
            }
        }
        guard let fit = rules.fitter.fit(ring, start: theta) else { return }
        let tail = rules.isCensoring ? rules.tempered(fit.tail, count: ring.count) : fit.tail
        self.tail = tail
        theta = fit.theta
        let quantile = threshold + tail.excess(at: rules.q, share: share(rules, observations))
        // A threshold that is out of the range of numbers is none.
        self.quantile = quantile < .infinity ? quantile : .nan
    }

    /// Takes threshold and tail from a batch of values; `sorted` are the same values in order.
    ///
    /// Values that differ by no more than `noise` are taken for equal.
    mutating func calibrate(
        _ batch: ContiguousArray<Double>,
        sorted: ContiguousArray<Double>,
        sign: Double,
        noise: Double,
        rules: SpotRules
    ) {
        self = SpotTail(capacity: ring.capacity)
        guard let least = sorted.first, let most = sorted.last else { return }
        let count = sorted.count
        let rank = min(count - 1, Int(rules.level * Double(count)))
        threshold = sign > 0 ? sorted[rank] : -sorted[count - 1 - rank]
        if rules.isCensoring, most - least <= noise { threshold = (sign > 0 ? most : -least) + noise }
        for residual in batch {
            sinceExcess += 1
            let value = residual * sign
            guard value > threshold else { continue }
            excessCount += 1
            ring.append(value - threshold, gap: sinceExcess, censored: false)
            sinceExcess = 0
        }
        calibrationCount = ring.count
        // Forty excesses would have been expected in that time; of a tail that never had one nothing can be expected.
        let expected = ring.count == 0 ? 20 : min(20, ring.count)
        patience = rules.isCensoring ? UInt32(clamping: rules.initialCount * 40 / expected) : .max
        if ring.count > 0 { refit(rules: rules, observations: UInt64(count)) }
    }

    private func isOfWrongRate(rules: SpotRules) -> Bool {
        guard rules.isCensoring, ring.count >= min(Self.confidentCount, ring.capacity), ring.span > 0 else {
            return false
        }
        let now = Double(ring.count) / Double(ring.span)
        if now > 4 * (1 - rules.level) { return true }
        let before = Double(calibrationCount) / Double(rules.initialCount)
        return calibrationCount >= 16 && now < before / 4
    }

    /// Fewer excesses than this are a tail of low confidence.
    static let confidentCount = 50
    /// Fewer different excesses than this are no tail.
    static let distinctCount = 10
}
