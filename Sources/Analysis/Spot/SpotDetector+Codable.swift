/// The state of a detector as it is stored. What is read is checked: a state that no detector could be in is refused.
extension SpotDetector: Codable {
    private enum CodingKeys: String, CodingKey {
        case version, parameters, missing, regimes, observations, window, upper, lower, phase, next, batch
        case shadowing, recalibrating, regime, gap, upperFlags, lowerFlags, magnitude
    }

    private static let version = 1

    /// Writes the state.
    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(Self.version, forKey: .version)
        try container.encode(parameters, forKey: .parameters)
        try container.encode(missingCount, forKey: .missing)
        try container.encode(regimeChangeCount, forKey: .regimes)
        try container.encode(observationCount, forKey: .observations)
        try container.encode(StoredWindow(window), forKey: .window)
        try container.encodeIfPresent(upper.map(StoredTail.init), forKey: .upper)
        try container.encodeIfPresent(lower.map(StoredTail.init), forKey: .lower)
        try container.encode(phase, forKey: .phase)
        try container.encode(phaseAfterFilling, forKey: .next)
        try container.encode(Array(batch), forKey: .batch)
        try container.encode(batchMagnitude, forKey: .magnitude)
        try container.encode(isShadowing, forKey: .shadowing)
        try container.encode(isRecalibrating, forKey: .recalibrating)
        try container.encode(isAfterRegimeChange, forKey: .regime)
        try container.encode(gap, forKey: .gap)
        try container.encode(upperFlags, forKey: .upperFlags)
        try container.encode(lowerFlags, forKey: .lowerFlags)
    }

    /// Reads a state. Throws a `DecodingError` for one that no detector could be in, or that a later version wrote.
    public init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        func corrupt(_ key: CodingKeys, _ message: String) -> DecodingError {
            .dataCorruptedError(forKey: key, in: container, debugDescription: message)
        }
        let version = try container.decode(Int.self, forKey: .version)
        guard version == Self.version else { throw corrupt(.version, "version \(version) is not known") }
        let parameters = try container.decode(SpotParameters.self, forKey: .parameters)
        do { try self.init(parameters) } catch { throw corrupt(.parameters, error.description) }
        missingCount = try container.decode(UInt64.self, forKey: .missing)
        regimeChangeCount = try container.decode(UInt64.self, forKey: .regimes)
        observationCount = try container.decode(UInt64.self, forKey: .observations)
        let stored = try container.decode(StoredWindow.self, forKey: .window)
        guard let window = stored.window(depth: parameters.depth) else { throw corrupt(.window, "not a window") }
        self.window = window
        for (key, isWatched, path) in [
            (CodingKeys.upper, parameters.up, \SpotDetector.upper), (.lower, parameters.down, \.lower),
        ] {
            let stored = try container.decodeIfPresent(StoredTail.self, forKey: key)
            guard isWatched == (stored != nil) else {
                throw corrupt(key, "there where it is not watched, or not there")
            }
            guard let stored else { continue }
            guard let tail = SpotTail(stored, capacity: parameters.excessCapacity) else {
                throw corrupt(key, "not a tail")
            }
            self[keyPath: path] = tail
        }
        limits = Limits(upper, lower)
        phase = try container.decode(Phase.self, forKey: .phase)
        phaseAfterFilling = try container.decode(Phase.self, forKey: .next)
        let bound = parameters.initialCount
        batch = try container.decodeBounded(forKey: .batch, atMost: bound - 1)
        batchMagnitude = try container.decode(Double.self, forKey: .magnitude)
        isShadowing = try container.decode(Bool.self, forKey: .shadowing)
        isRecalibrating = try container.decode(Bool.self, forKey: .recalibrating)
        isAfterRegimeChange = try container.decode(Bool.self, forKey: .regime)
        gap = try container.decode(Int.self, forKey: .gap)
        upperFlags = try container.decode(UInt64.self, forKey: .upperFlags)
        lowerFlags = try container.decode(UInt64.self, forKey: .lowerFlags)
        guard gap >= 0 else { throw corrupt(.gap, "below 0") }
        guard batchMagnitude >= 0, batchMagnitude <= Self.largestValue,
            batch.allSatisfy({ abs($0) <= 2 * batchMagnitude + 2 * Self.largestValue })
        else { throw corrupt(.batch, "values out of range") }
        let isPossible =
            switch phase {
            case .filling: parameters.depth > 0 && !window.isFull && phaseAfterFilling != .filling
            case .collecting: window.isFull && !isShadowing
            case .detecting: window.isFull && (isShadowing || batch.isEmpty)
            }
        guard isPossible else { throw corrupt(.phase, "does not go with the rest of the state") }
        let detects = phase == .detecting || phase == .filling && phaseAfterFilling == .detecting
        guard detects == false || (upper?.isCalibrated ?? true) && (lower?.isCalibrated ?? true) else {
            throw corrupt(.phase, "detecting without a calibration")
        }
        if phase != .detecting || isShadowing { batch.reserveCapacity(bound) }
    }
}

/// A ``DriftWindow`` as it is stored.
private struct StoredWindow: Codable {
    var values: [Double]
    var next: Int
    var sum: [Double]

    init(_ window: DriftWindow) {
        values = Array(window.values)
        next = window.next
        sum = window.parts
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

extension KeyedDecodingContainer {
    fileprivate func decodeBounded(forKey key: Key, atMost limit: Int) throws -> ContiguousArray<Double> {
        var list = try nestedUnkeyedContainer(forKey: key)
        var result: ContiguousArray<Double> = []
        while !list.isAtEnd {
            guard result.count < limit else {
                throw DecodingError.dataCorruptedError(in: list, debugDescription: "more than \(limit) values")
            }
            result.append(try list.decode(Double.self))
        }
        return result
    }
}
