/// The last excesses over a threshold, and how many observations lie between them.
///
/// The gaps tell over how many observations the excesses in the ring were seen, so that the share of excesses is taken
/// over the same stretch of time as their distribution.
struct ExcessRing: Sendable, Hashable {
    /// The most excesses that are kept.
    let capacity: Int
    /// The excesses; the slots after ``count`` are zeros up to a multiple of ``LikelihoodSums/group``.
    private(set) var values: ContiguousArray<Double> = []
    /// Per slot, how many observations came after the excess before it, itself included.
    private(set) var gaps: ContiguousArray<UInt32> = []
    /// The slots whose true value is only known to be larger. They are few.
    private(set) var censored: [Int] = []
    /// The slot that is written next.
    private(set) var next = 0
    /// The sum of all gaps.
    private(set) var span: UInt64 = 0

    /// How many excesses are kept.
    var count: Int { gaps.count }

    init(capacity: Int) {
        self.capacity = max(1, capacity)
        let first = min(self.capacity, 512)
        values.reserveCapacity(Self.padded(first))
        gaps.reserveCapacity(first)
        censored.reserveCapacity(4)
    }

    /// Puts an excess in the place of the oldest.
    mutating func append(_ excess: Double, gap: UInt32, censored isCensored: Bool) {
        let slot = next
        if slot == gaps.count {
            if slot == values.count {
                for _ in 0..<LikelihoodSums.group { values.append(0) }
            }
            gaps.append(gap)
        } else {
            span &-= UInt64(gaps[slot])
            gaps[slot] = gap
            if !censored.isEmpty { censored.removeAll { $0 == slot } }
        }
        values[slot] = excess
        span &+= UInt64(gap)
        if isCensored { censored.append(slot) }
        next = slot + 1 == capacity ? 0 : slot + 1
    }

    /// Forgets all excesses.
    mutating func removeAll() {
        values.removeAll(keepingCapacity: true)
        gaps.removeAll(keepingCapacity: true)
        censored.removeAll(keepingCapacity: true)
        next = 0
        span = 0
    }

    /// Whether there are at least `limit` different values.
    func hasDistinctValues(atLeast limit: Int) -> Bool {
        guard count >= limit else { return false }
        return withUnsafeTemporaryAllocation(of: Double.self, capacity: limit) { seen in
            var found = 0
            for slot in gaps.indices where !seen[..<found].contains(values[slot]) {
                seen.initializeElement(at: found, to: values[slot])
                found += 1
                if found == limit { return true }
            }
            return false
        }
    }

    private static func padded(_ count: Int) -> Int {
        (count + LikelihoodSums.group - 1) / LikelihoodSums.group * LikelihoodSums.group
    }

    /// Restores a ring; nil if the parts do not fit together.
    init?(capacity: Int, excesses: [Double], gaps: [UInt32], censored: [Int], next: Int) {
        self.init(capacity: capacity)
        guard excesses.count == gaps.count, excesses.count <= self.capacity,
            excesses.allSatisfy({ $0 > 0 && $0.isFinite }),
            excesses.count == self.capacity ? (0..<self.capacity).contains(next) : next == excesses.count,
            Set(censored).count == censored.count, censored.allSatisfy({ excesses.indices.contains($0) })
        else { return nil }
        values = ContiguousArray(excesses)
        while values.count % LikelihoodSums.group != 0 { values.append(0) }
        self.gaps = ContiguousArray(gaps)
        self.censored = censored
        self.next = next
        span = gaps.reduce(0) { $0 &+ UInt64($1) }
    }
}
