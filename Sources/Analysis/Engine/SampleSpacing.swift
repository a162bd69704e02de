/// Tells from the times of a series' samples how many did not come.
struct SampleSpacing: Sendable, Hashable {
    /// What a sample is by its time.
    enum Arrival: Sendable, Hashable {
        /// The first.
        case first
        /// The next one; so many are missing before it.
        case next(missing: Int)
        /// Not newer than the last, so there is nothing new in it.
        case old
        /// Much older than the last: the clock was set back, and the series begins anew.
        case setBack
    }

    /// The time of the last sample.
    private(set) var last: Int64?
    /// The usual distance of samples, in milliseconds; 0 while there is none.
    private(set) var usual: Int64

    init(last: Int64? = nil, usual: Int64 = 0) {
        self.last = last
        self.usual = max(0, usual)
    }

    /// How far a clock may be set back without a new beginning, in milliseconds.
    static let patience: Int64 = 300_000

    /// Takes the time of a sample.
    mutating func arrive(at time: Int64) -> Arrival {
        guard let last else {
            self.last = time
            return .first
        }
        let (distance, overflow) = time.subtractingReportingOverflow(last)
        guard !overflow, distance > 0 else {
            guard overflow || distance < -Self.patience else { return .old }
            self.last = time
            return .setBack
        }
        self.last = time
        guard usual > 0 else {
            usual = distance
            return .next(missing: 0)
        }
        let ratio = Double(distance) / Double(usual)
        // One odd distance moves what is usual by an eighth at most; many of them move it to where they are.
        let step = max(1, usual / 8)
        usual = max(1, usual + min(max(distance - usual, -step), step))
        return .next(missing: ratio > 1.5 ? Int(min(ratio, 1e6).rounded()) - 1 : 0)
    }
}
