public import Exposition

/// A number that only grows. Made by ``SelfMetrics/counter(_:_:seriesLimit:)``.
public final class Counter: Sendable {
    private let table: SeriesTable<Double>

    init(seriesLimit: Int) {
        table = SeriesTable(limit: seriesLimit, initial: 0)
    }

    /// Adds to the series with these labels. Amounts that are not positive and finite are ignored; 0 makes the series
    /// appear.
    public func increment(by amount: Double = 1, labels: LabelSet = [:]) {
        guard amount >= 0, amount.isFinite else { return }
        table.update(labels) { $0 += amount }
    }

    /// The value of the series with these labels.
    public func value(labels: LabelSet = [:]) -> Double {
        table.read(labels)
    }

    var metrics: [Metric] {
        table.sorted.map { Metric(labels: $0.labels, $0.value) }
    }
}
