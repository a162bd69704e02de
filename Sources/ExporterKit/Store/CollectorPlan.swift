/// What the store needs to know of a collector.
struct CollectorPlan: Sendable {
    var name: String
    var interval: Duration
    var staleAfter: Duration
    /// Whether it has the exporter's shortest interval.
    var isBase: Bool

    static func plans(for collectors: [any MetricCollector], settings: CollectionSettings) -> [CollectorPlan] {
        let shortest = collectors.map { settings.interval(of: $0) }.min()
        return collectors.map { collector in
            let interval = settings.interval(of: collector)
            return CollectorPlan(
                name: collector.name,
                interval: interval,
                staleAfter: settings.staleAfter(of: collector),
                isBase: interval == shortest
            )
        }
    }
}
