/// Finds out which records of a batch a server refuses, by sending it in ever smaller parts.
///
/// The parts go from the first record to the last, so the order of the records stays what it is. The first part is the
/// whole batch; a part that is refused is sent again in halves, until one record alone is refused. The number of requests
/// is bounded: what has not been decided by then is to be sent again.
///
/// It is right where the server takes all of a request or nothing, and where it does not mind to get a record twice.
struct BatchSearch {
    /// What is known about the records so far, in their order.
    private(set) var outcomes: [DeliveryOutcome] = []
    private let count: Int
    /// Where the parts end that are planned, the next one last.
    private var ends: [Int]
    private var requestsLeft: Int

    /// Begins a search.
    ///
    /// - Parameters:
    ///   - count: The number of records.
    ///   - requests: How many requests there may be.
    init(count: Int, requests: Int) {
        self.count = count
        ends = count > 0 ? [count] : []
        requestsLeft = requests
        outcomes.reserveCapacity(count)
    }

    /// The part to send next; nil at the end.
    mutating func next() -> Range<Int>? {
        guard let end = ends.last else { return nil }
        guard requestsLeft > 0 else {
            give(up: .retry(after: .zero, reason: "the search for refused records goes on"))
            return nil
        }
        requestsLeft -= 1
        return outcomes.count..<end
    }

    /// Notes what has become of the part that was sent last.
    ///
    /// - Parameters:
    ///   - outcome: What has become of it.
    ///   - isWhole: Whether a refusal is known to be about each of its records.
    mutating func note(_ outcome: DeliveryOutcome, isWhole: Bool = false) {
        guard let end = ends.last else { return }
        let size = end - outcomes.count
        switch outcome {
        case .accepted: decide(outcome, until: end)
        case .retry: give(up: outcome)
        case .rejected where isWhole || size == 1: decide(outcome, until: end)
        case .tooLarge where size == 1: decide(outcome, until: end)
        case .rejected, .tooLarge: ends.append(outcomes.count + size / 2)
        }
    }

    /// Decides further records, from the one that comes next, without asking for them.
    mutating func decide(_ outcome: DeliveryOutcome, until end: Int) {
        while outcomes.count < min(end, count) { outcomes.append(outcome) }
        while let last = ends.last, last <= outcomes.count { ends.removeLast() }
    }

    private mutating func give(up outcome: DeliveryOutcome) {
        decide(outcome, until: count)
    }
}

extension BatchSearch {
    /// The most requests that one call may make.
    static let usualRequests = 128

    /// What has become of a part.
    struct Answer {
        var outcome: DeliveryOutcome
        /// Whether a refusal is known to be about each record of the part.
        var isWhole = false
        /// The records up to here, without those of the part, have the same outcome.
        var end = 0
    }

    /// Sends a batch, in parts if it has to be.
    ///
    /// - Returns: What has become of each record.
    /// - Throws: What `send` throws, if nothing has been decided by then. Afterwards the rest is to be sent again.
    static func run(
        count: Int,
        requests: Int = usualRequests,
        send: (Range<Int>) async throws -> Answer
    ) async throws -> [DeliveryOutcome] {
        var search = BatchSearch(count: count, requests: requests)
        while let part = search.next() {
            do {
                let answer = try await send(part)
                search.note(answer.outcome, isWhole: answer.isWhole)
                search.decide(answer.outcome, until: answer.end)
            } catch {
                guard part.lowerBound > 0 else { throw error }
                search.note(.retry(after: nil, reason: "\(error)"))
            }
        }
        return search.outcomes
    }
}

extension Delivery {
    /// The answer for outcomes that are known one by one.
    init(_ outcomes: [DeliveryOutcome]) {
        let usual = outcomes.first { $0 == .accepted } ?? outcomes.first ?? .accepted
        let others = outcomes.enumerated().filter { $0.element != usual }.map { ($0.offset, $0.element) }
        self.init(count: outcomes.count, usual, exceptions: Dictionary(others) { first, _ in first })
    }
}
