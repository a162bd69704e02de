/// Lines to be written together, and where each ends.
struct LineBatch: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    var count: Int { ends.count }

    mutating func append(_ line: String) {
        bytes.append(contentsOf: line.utf8)
        ends.append(bytes.count)
    }

    /// How many lines end within the first `count` bytes.
    func lines(within count: Int) -> Int {
        // Lines that are written out whole come first, so half of the range can be left out each time.
        var low = 0
        var high = ends.count
        while low < high {
            let middle = (low + high) / 2
            if ends[middle] <= count { low = middle + 1 } else { high = middle }
        }
        return low
    }
}

extension Delivery {
    /// The first lines are accepted, the others have to be sent again.
    static func firstAccepted(_ accepted: Int, of count: Int) -> Delivery {
        guard accepted < count else { return .accepted(count: count) }
        guard accepted > 0 else { return Delivery(count: count, .retry(after: nil)) }
        let rest = (accepted..<count).map { ($0, DeliveryOutcome.retry(after: nil)) }
        return Delivery(count: count, .accepted, exceptions: Dictionary(rest) { first, _ in first })
    }
}
