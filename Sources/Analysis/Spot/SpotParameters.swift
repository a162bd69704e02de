/// How a ``SpotDetector`` works. The names and defaults are netspot's where netspot has them.
public struct SpotParameters: Sendable, Hashable, Codable {
    /// What becomes of a value that was flagged.
    public enum Policy: String, Sendable, Hashable, Codable, CaseIterable {
        /// It is left out, as in the paper. Leaving out what is extreme makes the tail look lighter than it is, so on
        /// clean data the detector flags several times more than ``SpotParameters/q``.
        case discard
        /// As often as clean data would be flagged it is counted as "at least as large as the threshold"; beyond that it
        /// is left out. Counts span the excesses that are kept, and the shape of the tail is at least -0.25. This keeps
        /// the share of false alarms near ``SpotParameters/q``.
        case censor
    }

    /// The number of values in the moving mean that is subtracted first (DSPOT); 0 for none (SPOT).
    public var depth: Int
    /// The share of values that may lie beyond the threshold by chance.
    public var q: Double
    /// The number of values to calibrate from.
    public var initialCount: Int
    /// The share of values that do not belong to the tail.
    public var level: Double
    /// Whether unusually large values are flagged.
    public var up: Bool
    /// Whether unusually small values are flagged.
    public var down: Bool
    /// Whether flagged values are alarms; if not, only thresholds are computed.
    public var alert: Bool
    /// Whether only the last ``maxExcess`` values of the tail are kept. If not, up to ``unboundedExcess`` are.
    public var bounded: Bool
    /// The number of values of the tail that are kept.
    public var maxExcess: Int
    /// What becomes of flagged values.
    public var policy: Policy
    /// How many of the last 64 values have to be flagged on one side for it to be a change of regime, after which the
    /// detector calibrates anew; 0 for never. Nil means 32 with ``Policy/censor`` and never with ``Policy/discard``.
    public var regime: Int?

    /// The number of values of the tail that are kept when they are not ``bounded``.
    public static let unboundedExcess = 10_000

    /// Creates parameters; they are checked when a detector is created.
    public init(
        depth: Int = 50,
        q: Double = 1e-4,
        initialCount: Int = 1000,
        level: Double = 0.98,
        up: Bool = true,
        down: Bool = false,
        alert: Bool = true,
        bounded: Bool = true,
        maxExcess: Int = 200,
        policy: Policy = .censor,
        regime: Int? = nil
    ) {
        self.depth = depth
        self.q = q
        self.initialCount = initialCount
        self.level = level
        self.up = up
        self.down = down
        self.alert = alert
        self.bounded = bounded
        self.maxExcess = maxExcess
        self.policy = policy
        self.regime = regime
    }

    /// The names in a configuration and in stored states.
    public enum CodingKeys: String, CodingKey, Sendable {
        /// ``SpotParameters/depth``.
        case depth
        /// ``SpotParameters/q``.
        case q
        /// ``SpotParameters/initialCount``.
        case initialCount = "n_init"
        /// ``SpotParameters/level``.
        case level
        /// ``SpotParameters/up``.
        case up
        /// ``SpotParameters/down``.
        case down
        /// ``SpotParameters/alert``.
        case alert
        /// ``SpotParameters/bounded``.
        case bounded
        /// ``SpotParameters/maxExcess``.
        case maxExcess = "max_excess"
        /// ``SpotParameters/policy``.
        case policy
        /// ``SpotParameters/regime``.
        case regime
    }
}

extension SpotParameters {
    /// Throws what is wrong with the first wrong parameter.
    public func validate() throws(SpotParameterError) {
        func check(_ holds: Bool, _ key: CodingKeys, _ message: String) throws(SpotParameterError) {
            if !holds { throw SpotParameterError(parameter: key.rawValue, message: message) }
        }
        try check((0...10_000).contains(depth), .depth, "\(depth) is not from 0 to 10000")
        try check((10...1_000_000).contains(initialCount), .initialCount, "\(initialCount) is not from 10 to 1000000")
        try check(level >= 0 && level < 1, .level, "\(level) is not from 0 to below 1")
        // The difference itself is rounded.
        try check(
            q > 0 && q < (1 - level) * (1 - 1e-12),
            .q,
            "\(q) is not above 0 and below 1 - level = \(1 - level)"
        )
        try check((10...100_000).contains(maxExcess), .maxExcess, "\(maxExcess) is not from 10 to 100000")
        try check(up || down, .up, "neither up nor down is on, so there is nothing to watch")
        if let regime {
            try check((0...64).contains(regime) && regime != 1, .regime, "\(regime) is not 0 and not from 2 to 64")
        }
    }

    /// ``regime`` with its default.
    var regimeCount: Int { regime ?? (policy == .censor ? 32 : 0) }

    /// How many excesses are kept.
    var excessCapacity: Int { bounded ? maxExcess : max(maxExcess, Self.unboundedExcess) }

    /// The smallest shape of a tail.
    var smallestShape: Double { policy == .censor ? -0.25 : -1 }
}

/// A parameter of a ``SpotDetector`` that cannot be used.
public struct SpotParameterError: Error, Sendable, Hashable, CustomStringConvertible {
    /// Its name as in a configuration.
    public var parameter: String
    /// What is wrong.
    public var message: String

    /// Creates an error.
    public init(parameter: String, message: String) {
        self.parameter = parameter
        self.message = message
    }

    /// One line for a person.
    public var description: String { "\(parameter): \(message)" }
}
