/// The state of a detector as it is stored.
struct StoredDetector: Codable {
    var version = current
    var parameters: SpotParameters
    var missing: UInt64
    var regimes: UInt64
    var observations: UInt64
    var window: StoredWindow
    var upper: StoredTail?
    var lower: StoredTail?
    var phase: SpotDetector.Phase
    var next: SpotDetector.Phase
    var batch: [Double]
    var magnitude: Double
    var shadowing: Bool
    var recalibrating: Bool
    var regime: Bool
    var gap: Int
    var upperFlags: UInt64
    var lowerFlags: UInt64

    /// The version that is written.
    static let current = 1

    init(_ detector: SpotDetector) {
        parameters = detector.parameters
        missing = detector.missingCount
        regimes = detector.regimeChangeCount
        observations = detector.observationCount
        window = StoredWindow(detector.window)
        upper = detector.upper.map(StoredTail.init)
        lower = detector.lower.map(StoredTail.init)
        phase = detector.phase
        next = detector.phaseAfterFilling
        batch = Array(detector.batch)
        magnitude = detector.batchMagnitude
        shadowing = detector.isShadowing
        recalibrating = detector.isRecalibrating
        regime = detector.isAfterRegimeChange
        gap = detector.gap
        upperFlags = detector.upperFlags
        lowerFlags = detector.lowerFlags
    }

    init(
        parameters: SpotParameters,
        counts: (missing: UInt64, regimes: UInt64, observations: UInt64),
        window: StoredWindow,
        tails: (upper: StoredTail?, lower: StoredTail?),
        phases: (now: SpotDetector.Phase, next: SpotDetector.Phase),
        batch: (values: [Double], magnitude: Double),
        progress: (shadowing: Bool, recalibrating: Bool, regime: Bool, gap: Int),
        flags: (upper: UInt64, lower: UInt64)
    ) {
        self.parameters = parameters
        (missing, regimes, observations) = counts
        self.window = window
        (upper, lower) = tails
        (phase, next) = phases
        (self.batch, magnitude) = batch
        (shadowing, recalibrating, regime, gap) = progress
        (upperFlags, lowerFlags) = flags
    }
}

/// A ``DriftWindow`` as it is stored.
struct StoredWindow: Codable {
    var values: [Double]
    var next: Int
    var sum: [Double]

    init(_ window: DriftWindow) {
        values = Array(window.values)
        next = window.next
        sum = window.parts
    }

    init(values: [Double], next: Int, sum: [Double]) {
        self.values = values
        self.next = next
        self.sum = sum
    }

    func window(depth: Int) -> DriftWindow? {
        DriftWindow(depth: depth, values: values, next: next, parts: sum)
    }
}

/// A ``SpotTail`` as it is stored; numbers that are not there yet are left out.
struct StoredTail: Codable {
    var threshold: Double?
    var quantile: Double?
    var gamma: Double?
    var sigma: Double?
    var theta: Double?
    var excesses: [Double]
    var gaps: [UInt32]
    var censored: [Int]
    var next: Int
    var excessCount: UInt64
    var sinceExcess: UInt32
    var budget: Double
    var calibrationCount: Int
    var patience: UInt32
    var trusted: Int
}

extension StoredTail {
    init(_ tail: SpotTail) {
        threshold = tail.threshold.isNaN ? nil : tail.threshold
        quantile = tail.quantile.isNaN ? nil : tail.quantile
        gamma = tail.tail?.gamma
        sigma = tail.tail?.sigma
        theta = tail.theta
        excesses = Array(tail.ring.values.prefix(tail.ring.count))
        gaps = Array(tail.ring.gaps)
        censored = tail.ring.censored
        next = tail.ring.next
        excessCount = tail.excessCount
        sinceExcess = tail.sinceExcess
        budget = tail.budget
        calibrationCount = tail.calibrationCount
        patience = tail.patience
        trusted = tail.trusted
    }
}
