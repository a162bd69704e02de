import Exposition
import Settings

/// Which series are meant: `match:` of an exporting module or of a selection for SPOT. All that is given has to hold;
/// what is not given holds for all.
struct SeriesFilter: Sendable {
    /// The name of the service.
    var service: Pattern?
    /// The name of the metric.
    var metric: Pattern?
    /// The values of labels; one that is not there is an empty text.
    var labels: [(key: String, pattern: Pattern)] = []

    /// All series.
    init() {}

    init(_ reader: MappingReader) {
        service = reader.pattern("service")
        metric = reader.pattern("metric")
        labels = reader.patterns("labels") ?? []
        reader.finish()
    }

    /// Whether every series is meant.
    var isEmpty: Bool { service == nil && metric == nil && labels.isEmpty }

    /// Whether a series is meant.
    func matches(service name: String, metric stat: String, labels set: LabelSet) -> Bool {
        if let metric, !metric.matches(stat) { return false }
        if let service, !service.matches(name) { return false }
        return labels.allSatisfy { $0.pattern.matches(set[$0.key] ?? "") }
    }
}
