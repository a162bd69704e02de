/// The state of a detector as it is stored. What is read is checked: a state that no detector could be in is refused.
extension SpotDetector: Codable {
    /// Writes the state.
    public func encode(to encoder: any Encoder) throws {
        try StoredDetector(self).encode(to: encoder)
    }

    /// Reads a state. Throws a `DecodingError` for one that no detector could be in, or that a later version wrote.
    public init(from decoder: any Decoder) throws {
        let stored = try StoredDetector(from: decoder)
        do {
            try self.init(stored)
        } catch {
            throw DecodingError.dataCorrupted(
                DecodingError.Context(codingPath: decoder.codingPath, debugDescription: error.description)
            )
        }
    }

    /// Restores a detector.
    init(_ stored: StoredDetector) throws(StoredStateError) {
        func check(_ holds: Bool, _ message: String) throws(StoredStateError) {
            if !holds { throw StoredStateError.impossible(message) }
        }
        try check(stored.version == StoredDetector.current, "version \(stored.version) is not known")
        let parameters = stored.parameters
        do { try self.init(parameters) } catch { throw .impossible(error.description) }
        missingCount = stored.missing
        regimeChangeCount = stored.regimes
        observationCount = stored.observations
        guard let window = stored.window.window(depth: parameters.depth) else { throw .impossible("not a window") }
        self.window = window
        upper = try Self.tail(stored.upper, isWatched: parameters.up, parameters)
        lower = try Self.tail(stored.lower, isWatched: parameters.down, parameters)
        limits = Limits(upper, lower)
        phase = stored.phase
        phaseAfterFilling = stored.next
        try check(stored.batch.count < parameters.initialCount, "too large a batch")
        batch = ContiguousArray(stored.batch)
        batchMagnitude = stored.magnitude
        isShadowing = stored.shadowing
        isRecalibrating = stored.recalibrating
        isAfterRegimeChange = stored.regime
        gap = stored.gap
        upperFlags = stored.upperFlags
        lowerFlags = stored.lowerFlags
        try check(gap >= 0, "a gap below 0")
        let isInRange = batchMagnitude >= 0 && batchMagnitude <= Self.largestValue
        try check(isInRange, "a batch out of range")
        let most = 2 * batchMagnitude + 2 * Self.largestValue
        try check(batch.allSatisfy { abs($0) <= most }, "a batch out of range")
        try check(isPossible, "a phase that does not go with the rest")
        if phase != .detecting || isShadowing { batch.reserveCapacity(parameters.initialCount) }
    }

    private static func tail(
        _ stored: StoredTail?,
        isWatched: Bool,
        _ parameters: SpotParameters
    ) throws(StoredStateError) -> SpotTail? {
        guard isWatched == (stored != nil) else {
            throw .impossible("a tail where none is watched, or none where one is")
        }
        guard let stored else { return nil }
        guard let tail = SpotTail(stored, capacity: parameters.excessCapacity) else { throw .impossible("not a tail") }
        return tail
    }

    /// Whether the phase goes with the rest of the state.
    private var isPossible: Bool {
        let detects = phase == .detecting || phase == .filling && phaseAfterFilling == .detecting
        guard !detects || (upper?.isCalibrated ?? true) && (lower?.isCalibrated ?? true) else { return false }
        switch phase {
        case .filling: return parameters.depth > 0 && !window.isFull && phaseAfterFilling != .filling
        case .collecting: return window.isFull && !isShadowing
        case .detecting: return window.isFull && (isShadowing || batch.isEmpty)
        }
    }
}
