public import Exposition

/// A number that goes up and down. Made by ``SelfMetrics/gauge(_:_:seriesLimit:)``.
public final class Gauge: Sendable {
    private let table: SeriesTable<Double>

    init(seriesLimit: Int) {
        table = SeriesTable(limit: seriesLimit, initial: 0)
    }

    /// Sets the series with these labels.
    public func set(_ value: Double, labels: LabelSet = [:]) {
        table.update(labels) { $0 = value }
    }

    /// Adds to the series with these labels.
    public func add(_ amount: Double, labels: LabelSet = [:]) {
        table.update(labels) { $0 += amount }
    }

    /// Removes the series with these labels.
    public func remove(labels: LabelSet) {
        table.remove(labels)
    }

    /// The value of the series with these labels.
    public func value(labels: LabelSet = [:]) -> Double {
        table.read(labels)
    }

    var metrics: [Metric] {
        table.sorted.map { Metric(labels: $0.labels, $0.value) }
    }
}
