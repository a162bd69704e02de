/// What is usual in each hour of the week, in UTC: a mean over past weeks in which later weeks count more.
///
/// An hour is known once it has passed for the first time; the hour that goes on is not compared with itself. Between the
/// middles of two hours that are known the mean goes over from one to the other in a straight line.
struct SeasonalBaseline: Sendable, Hashable {
    /// The hours of a week.
    static let phaseCount = 168
    /// What the newest week counts at least.
    private static let newestShare = 0.25
    private static let hour: Int64 = 3_600_000

    /// Per hour of the week from Monday 00:00 on, the mean.
    private(set) var means: ContiguousArray<Double>
    /// Per hour of the week, in how many weeks it was seen.
    private(set) var weeks: ContiguousArray<UInt16>
    /// The hour that goes on, counted from 1970.
    private(set) var current: Int64?
    /// The mean of the hour that goes on.
    private(set) var currentMean = 0.0
    /// How many values it is of.
    private(set) var currentCount: UInt32 = 0
    /// Whether the detector sees values less this baseline.
    var isInForce = false

    init() {
        means = ContiguousArray(repeating: 0, count: Self.phaseCount)
        weeks = ContiguousArray(repeating: 0, count: Self.phaseCount)
    }

    /// Restores a baseline; nil if the parts do not fit together.
    init?(means: [Double], weeks: [UInt16], current: Int64?, currentMean: Double, currentCount: UInt32, isInForce: Bool)
    {
        guard means.count == Self.phaseCount, weeks.count == Self.phaseCount,
            means.allSatisfy({ abs($0) <= SpotDetector.largestValue }), abs(currentMean) <= SpotDetector.largestValue
        else { return nil }
        self.means = ContiguousArray(means)
        self.weeks = ContiguousArray(weeks)
        self.current = current
        self.currentMean = currentMean
        self.currentCount = currentCount
        self.isInForce = isInForce
    }

    /// The number of hours that are known.
    var knownCount: Int { weeks.count { $0 > 0 } }

    /// What is usual at a time, in milliseconds since 1970; nil if that hour is not known.
    func expected(at time: Int64) -> Double? {
        let hour = Self.hourNumber(time)
        let phase = Self.phase(hour)
        // What goes on is folded in with the first value of another hour, and that is this one.
        guard let mean = known(phase, at: hour) else { return nil }
        let rest = time % Self.hour
        let position = Double(rest < 0 ? rest + Self.hour : rest) / Double(Self.hour) - 0.5
        let neighbour = position < 0 ? hour - 1 : hour + 1
        guard let other = known(Self.phase(neighbour), at: hour) else { return mean }
        return mean + (other - mean) * abs(position)
    }

    /// Takes a value that was not flagged.
    mutating func learn(_ value: Double, at time: Int64) {
        guard abs(value) <= SpotDetector.largestValue else { return }
        let hour = Self.hourNumber(time)
        if hour != current {
            fold()
            current = hour
            currentMean = 0
            currentCount = 0
        }
        guard currentCount < .max else { return }
        currentCount += 1
        currentMean += (value - currentMean) / Double(currentCount)
    }

    /// The mean of an hour of the week, with what is not folded in yet if that hour is over.
    private func known(_ phase: Int, at hour: Int64) -> Double? {
        if let current, current != hour, Self.phase(current) == phase, currentCount > 0 { return folded(phase) }
        return weeks[phase] > 0 ? means[phase] : nil
    }

    private func folded(_ phase: Int) -> Double {
        guard weeks[phase] > 0 else { return currentMean }
        let share = max(1 / (Double(weeks[phase]) + 1), Self.newestShare)
        return means[phase] + (currentMean - means[phase]) * share
    }

    private mutating func fold() {
        guard let current, currentCount > 0 else { return }
        let phase = Self.phase(current)
        means[phase] = folded(phase)
        weeks[phase] = weeks[phase] == .max ? .max : weeks[phase] + 1
    }

    private static func hourNumber(_ time: Int64) -> Int64 {
        time / hour - (time % hour < 0 ? 1 : 0)
    }

    /// The hour of the week; 1970 began on a Thursday.
    static func phase(_ hour: Int64) -> Int {
        let rest = (hour % Int64(phaseCount) + 72) % Int64(phaseCount)
        return Int(rest < 0 ? rest + Int64(phaseCount) : rest)
    }
}
