import Delivery
import Exposition
import Settings

extension SeriesFilter {
    /// The filter as the delivery asks it.
    var sampleFilter: SampleFilter {
        var filter = SampleFilter()
        if let service { filter.service = { name, _ in service.matches(name) } }
        if let metric { filter.metric = { metric.matches($0) } }
        if !labels.isEmpty {
            let labels = labels
            filter.series = { set in labels.allSatisfy { $0.pattern.matches(set[$0.key] ?? "") } }
        }
        return filter
    }
}
