/// Lines, or other records, to be written together, and where each ends.
struct LineBatch: Sendable {
    private(set) var bytes: [UInt8] = []
    private(set) var ends: [Int] = []

    var count: Int { ends.count }

    mutating func append(_ line: String) {
        bytes.append(contentsOf: line.utf8)
        ends.append(bytes.count)
    }

    /// Appends bytes as one record.
    mutating func append(record: some Sequence<UInt8>) {
        bytes.append(contentsOf: record)
        ends.append(bytes.count)
    }

    /// The bytes of one record.
    subscript(index: Int) -> ArraySlice<UInt8> { bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]] }

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
    static func firstAccepted(_ accepted: Int, of count: Int, reason: String) -> Delivery {
        guard accepted < count else { return .accepted(count: count) }
        guard accepted > 0 else { return Delivery(count: count, .retry(after: nil, reason: reason)) }
        let rest = (accepted..<count).map { ($0, DeliveryOutcome.retry(after: nil, reason: reason)) }
        return Delivery(count: count, .accepted, exceptions: Dictionary(rest) { first, _ in first })
    }

    /// The answer for a batch of which some records were rejected beforehand and the others sent.
    ///
    /// - Parameters:
    ///   - count: How many records the batch has.
    ///   - rejected: The places of those that were rejected, with the reasons.
    ///   - places: The places of those that were sent, in the order in which they were sent.
    ///   - answer: The answer for those.
    package init(count: Int, rejected: [Int: String], sent places: [Int], _ answer: Delivery) {
        var exceptions = rejected.mapValues { DeliveryOutcome.rejected(reason: $0) }
        for (index, outcome) in answer.exceptions where places.indices.contains(index) {
            exceptions[places[index]] = outcome
        }
        self.init(count: count, answer.usual, exceptions: exceptions)
    }
}
