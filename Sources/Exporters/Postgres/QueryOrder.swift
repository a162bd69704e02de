/// In which order the queries of a collection run: the quick ones first, in the order of the files, then the slow ones,
/// the slowest last.
///
/// They share one connection, so a query that runs into its timeout must not do so in front of the others. How long each
/// takes is known from the last time; one that has not run yet counts as quick.
struct QueryOrder: Sendable {
    /// From here on a query is slow.
    static let slow = Duration.milliseconds(100)
    /// What counts for a query that broke the connection or used up the collection's time.
    static let worst = Duration.seconds(86_400)

    private var durations: [Duration?]

    init(count: Int) {
        durations = Array(repeating: nil, count: count)
    }

    mutating func note(_ duration: Duration, of query: Int) {
        durations[query] = duration
    }

    /// The queries in the order in which they are to run.
    func sorted(_ queries: [Int]) -> [Int] {
        func cost(_ query: Int) -> Duration {
            let duration = durations[query] ?? .zero
            return duration < Self.slow ? .zero : duration
        }
        guard queries.contains(where: { cost($0) > .zero }) else { return queries }
        return queries.enumerated()
            .sorted { (cost($0.element), $0.offset) < (cost($1.element), $1.offset) }
            .map(\.element)
    }
}
