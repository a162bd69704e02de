public import ExportingModules
public import Exposition

/// Which samples and alerts a module gets. All questions that are there have to be answered with yes.
///
/// They are asked as rarely as possible: answers for services and metrics are kept, and only ``series`` is asked for each
/// sample. So each must always give the same answer.
public struct SampleFilter: Sendable {
    /// Whether a service is meant, by its name and its labels.
    public var service: (@Sendable (_ name: String, _ labels: LabelSet) -> Bool)?
    /// Whether a metric is meant, by the name of its samples.
    public var metric: (@Sendable (_ name: String) -> Bool)?
    /// Whether a series is meant, by all its labels, those of the service among them.
    public var series: (@Sendable (_ labels: LabelSet) -> Bool)?

    /// Creates a filter; without any question all is meant.
    public init(
        service: (@Sendable (_ name: String, _ labels: LabelSet) -> Bool)? = nil,
        metric: (@Sendable (_ name: String) -> Bool)? = nil,
        series: (@Sendable (_ labels: LabelSet) -> Bool)? = nil
    ) {
        self.service = service
        self.metric = metric
        self.series = series
    }

    /// Whether an alert is meant.
    public func matches(_ alert: Alert) -> Bool {
        (service?(alert.service, alert.labels) ?? true) && (metric?(alert.stat) ?? true)
            && (series?(alert.labels) ?? true)
    }
}

/// A filter with the answers that it has given.
struct FilterCache {
    private struct Service {
        var name: String
        var labels: LabelSet
        var isMeant: Bool
    }

    /// How many answers are kept of each kind; beyond that they are begun anew.
    static let limit = 50_000

    private let filter: SampleFilter
    private var services: [String: Service] = [:]
    private var metrics: [String: Bool] = [:]

    init(_ filter: SampleFilter) {
        self.filter = filter
    }

    /// Those of the samples of one service that are meant.
    ///
    /// - Parameters:
    ///   - key: What tells the service from others.
    ///   - service: Its name.
    ///   - labels: Its labels.
    mutating func meant(_ samples: [Sample], key: String, service: String, labels: LabelSet) -> [Sample] {
        guard isMeant(key, service, labels) else { return [] }
        if filter.metric == nil, filter.series == nil { return samples }
        var kept: [Sample] = []
        var last: (name: String, isMeant: Bool)?
        for sample in samples {
            let isMeant: Bool
            if let last, last.name == sample.name {
                isMeant = last.isMeant
            } else {
                isMeant = self.isMeant(metric: sample.name)
                last = (sample.name, isMeant)
            }
            if isMeant, filter.series?(sample.labels) ?? true { kept.append(sample) }
        }
        return kept
    }

    /// How many answers are kept, of the kind of which there are most.
    var answerCount: Int { max(services.count, metrics.count) }

    /// Forgets what was said about a service.
    mutating func forget(_ key: String) {
        services[key] = nil
    }

    private mutating func isMeant(_ key: String, _ name: String, _ labels: LabelSet) -> Bool {
        guard let ask = filter.service else { return true }
        if let known = services[key], known.name == name, known.labels == labels { return known.isMeant }
        let answer = ask(name, labels)
        if services.count >= Self.limit { services.removeAll() }
        services[key] = Service(name: name, labels: labels, isMeant: answer)
        return answer
    }

    private mutating func isMeant(metric name: String) -> Bool {
        guard let ask = filter.metric else { return true }
        if let known = metrics[name] { return known }
        let answer = ask(name)
        if metrics.count >= Self.limit { metrics.removeAll() }
        metrics[name] = answer
        return answer
    }
}
