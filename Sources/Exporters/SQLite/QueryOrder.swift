import QueryFiles

/// The order in which a collection runs its queries: those that took their whole time when they were last run come
/// last, so that they starve nobody but themselves.
struct QueryOrder: Sendable {
    private var slow: Set<String> = []

    /// The queries, in the order of the files, the slow ones last.
    func arrange(_ queries: [QueryPlan.Query]) -> [QueryPlan.Query] {
        slow.isEmpty
            ? queries
            : queries.filter { !slow.contains($0.definition.name) }
                + queries.filter { slow.contains($0.definition.name) }
    }

    /// Notes how a query ended.
    mutating func note(_ query: QueryPlan.Query, timedOut: Bool) {
        if timedOut {
            slow.insert(query.definition.name)
        } else {
            slow.remove(query.definition.name)
        }
    }
}
