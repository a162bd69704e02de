/// The labels of a family's metrics as they are written, in the order in which they are written.
///
/// Collectors give many families the same label sets: all that comes from one row of a query's result, say. A block is
/// kept for the next family, and used again if its metrics have the same sets in the same order. That is seen from where
/// the sets lie in memory, so it holds only as long as the metrics it was made from are alive: for one snapshot.
struct LabelBlock {
    /// One metric.
    struct Slot {
        /// Its position in the family.
        var metric: Int
        /// Where its labels stand in the text.
        var labels: Range<Int>
    }

    /// Where the label sets lie in memory; nil where that says nothing.
    private var addresses: [UnsafePointer<Label>?] = []
    private(set) var text: [UInt8] = []
    /// The metrics, sorted by their labels.
    private(set) var slots: [Slot] = []
    /// Whether it is for the metrics of some family.
    private(set) var isMade = false

    /// Forgets what it was made from.
    mutating func removeAll() {
        isMade = false
        addresses.removeAll(keepingCapacity: true)
        text.removeAll(keepingCapacity: true)
        slots.removeAll(keepingCapacity: true)
    }

    /// Whether it was made from the same label sets in the same order.
    func suits(_ metrics: UnsafeBufferPointer<Metric>) -> Bool {
        guard isMade, metrics.count == addresses.count else { return false }
        for index in metrics.indices where Self.address(of: metrics[index]) != addresses[index] { return false }
        return true
    }

    /// Makes it anew. Returns false, with nothing made, if the metrics have different label names or if a series is there
    /// twice.
    mutating func make(from metrics: UnsafeBufferPointer<Metric>, _ plan: LabelPlan) -> Bool {
        removeAll()
        addresses.reserveCapacity(metrics.count)
        slots.reserveCapacity(metrics.count)
        var isSorted = true
        let isMadeOfOne = plan.withTemplate { template in
            for index in metrics.indices {
                let start = text.count
                let isWritten = metrics[index].labels.labels.withUnsafeBufferPointer { labels in
                    guard template.suits(labels) else { return false }
                    _ = template.append(labels, to: &text)
                    addresses.append(labels.baseAddress)
                    return true
                }
                guard isWritten else { return false }
                let slot = Slot(metric: index, labels: start..<text.count)
                if isSorted, let last = slots.last {
                    isSorted = text.withUnsafeBufferPointer { Self.compare(last, slot, in: $0) < 0 }
                }
                slots.append(slot)
            }
            return true
        }
        guard isMadeOfOne else { return false }
        if !isSorted {
            slots = text.withUnsafeBufferPointer { Self.sorted(slots, in: $0) }
            let isUnique = text.withUnsafeBufferPointer { text in
                zip(slots, slots.dropFirst()).allSatisfy { Self.compare($0, $1, in: text) < 0 }
            }
            if !isUnique { return false }
        }
        isMade = true
        return true
    }

    /// Calls `body` with the metrics in order and the text that their labels stand in.
    @inline(__always)
    func withSlots<Result>(_ body: (UnsafeBufferPointer<Slot>, UnsafeBufferPointer<UInt8>) -> Result) -> Result {
        slots.withUnsafeBufferPointer { slots in text.withUnsafeBufferPointer { body(slots, $0) } }
    }

    @inline(__always)
    private static func compare(_ left: Slot, _ right: Slot, in text: UnsafeBufferPointer<UInt8>) -> Int {
        Bytes.compare(
            UnsafeBufferPointer(rebasing: text[left.labels]),
            UnsafeBufferPointer(rebasing: text[right.labels])
        )
    }

    private static func sorted(_ slots: [Slot], in text: UnsafeBufferPointer<UInt8>) -> [Slot] {
        let keys = SeriesIndex.sortKeys(slots.map(\.labels), in: text)
        return slots.indices.sorted { left, right in
            keys[left] != keys[right] ? keys[left] < keys[right] : compare(slots[left], slots[right], in: text) < 0
        }.map { slots[$0] }
    }

    @inline(__always)
    private static func address(of metric: Metric) -> UnsafePointer<Label>? {
        metric.labels.labels.withUnsafeBufferPointer { $0.baseAddress }
    }
}
