/// The numbers of the series that a database is known to have.
struct SeriesCache: Sendable {
    private var ids: [SeriesKey: Int64] = [:]
    private let limit: Int

    /// - Parameter limit: How many are kept. With more series than that in use all are looked up anew now and then.
    init(limit: Int = 100_000) {
        self.limit = limit
    }

    subscript(key: SeriesKey) -> Int64? { ids[key] }

    mutating func add(_ found: [SeriesKey: Int64]) {
        if ids.count + found.count > limit { ids = [:] }
        ids.merge(found.prefix(limit)) { $1 }
    }

    mutating func removeAll() { ids = [:] }
}

extension Dictionary {
    fileprivate func prefix(_ count: Int) -> Self {
        self.count <= count ? self : Dictionary(uniqueKeysWithValues: Array(self).prefix(count).map { ($0, $1) })
    }
}
