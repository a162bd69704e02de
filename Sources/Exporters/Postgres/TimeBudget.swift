/// How a collection's time is divided.
struct TimeBudget: Sendable, Equatable {
    /// When the collection gives up by itself, so that what it has reaches the page before its host cancels it.
    let collection: Duration
    /// How long the server lets one query run, if the query has no timeout of its own: less than the collection, so that
    /// one slow query leaves time for the others.
    let statement: Duration

    /// - Parameters:
    ///   - timeout: What the host allows.
    ///   - statementTimeout: What was configured for queries, if anything.
    init(timeout: Duration, statementTimeout: Duration? = nil) {
        collection = timeout - min(timeout / 10, .milliseconds(500))
        statement = min(statementTimeout ?? collection * 8 / 10, collection * 95 / 100)
    }

    /// How long the server lets a query run that has a timeout of its own.
    func statement(_ own: Duration) -> Duration {
        min(own, collection * 95 / 100)
    }
}
