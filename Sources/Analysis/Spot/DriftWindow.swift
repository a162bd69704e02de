/// The moving mean over the last values.
///
/// The sum is kept in two numbers of which the second holds what rounding took from the first, and is taken anew each time
/// the window has been replaced. A huge value that has left the window leaves nothing behind.
struct DriftWindow: Sendable, Hashable {
    /// The number of values when full; 0 means that the mean is always 0.
    let depth: Int
    /// The values in no order.
    private(set) var values: ContiguousArray<Double> = []
    /// The slot that is written next.
    private(set) var next = 0
    /// The mean; 0 as long as the window is not full.
    private(set) var mean = 0.0
    private var sum = TwoPartSum()

    init(depth: Int) {
        self.depth = depth
        values.reserveCapacity(depth)
    }

    /// Whether there is a mean.
    var isFull: Bool { values.count == depth }

    /// Puts a value in the place of the oldest.
    @inline(__always)
    mutating func append(_ value: Double) {
        guard depth > 0 else { return }
        if values.count < depth {
            values.append(value)
            sum.add(value)
            next = values.count == depth ? 0 : values.count
        } else {
            sum.add(-values[next])
            values[next] = value
            sum.add(value)
            next += 1
            if next == depth {
                next = 0
                sum = TwoPartSum()
                for value in values { sum.add(value) }
            }
        }
        if values.count == depth { mean = sum.divided(by: Double(depth)) }
    }

    /// Forgets all values.
    mutating func removeAll() {
        values.removeAll(keepingCapacity: true)
        next = 0
        mean = 0
        sum = TwoPartSum()
    }

    /// The two parts of the sum, to be stored with the values.
    var parts: [Double] { [sum.high, sum.low] }

    /// Restores a window; nil if the parts do not fit together.
    init?(depth: Int, values: [Double], next: Int, parts: [Double]) {
        self.init(depth: depth)
        guard values.count <= depth, parts.count == 2, parts.allSatisfy(\.isFinite),
            values.allSatisfy({ abs($0) <= SpotDetector.largestValue }),
            values.count == depth ? next >= 0 && next < max(depth, 1) : next == values.count
        else { return nil }
        var check = TwoPartSum()
        for value in values { check.add(value) }
        guard check.high == parts[0] || abs(check.high - parts[0]) <= abs(check.high) * 1e-9 else { return nil }
        self.values.append(contentsOf: values)
        self.next = next
        sum = TwoPartSum(high: parts[0], low: parts[1])
        if depth > 0, isFull { mean = sum.divided(by: Double(depth)) }
    }
}

/// A sum and what its last digit leaves out.
private struct TwoPartSum: Sendable, Hashable {
    var high = 0.0
    var low = 0.0

    @inline(__always)
    mutating func add(_ value: Double) {
        let total = high + value
        let rounded = total - high
        low += (high - (total - rounded)) + (value - rounded)
        high = total + low
        low -= high - total
    }

    /// The quotient to the last digit: the mean of equal values is that value.
    @inline(__always)
    func divided(by count: Double) -> Double {
        let quotient = high / count
        let remainder = high.addingProduct(-quotient, count) + low
        return quotient + remainder / count
    }
}
