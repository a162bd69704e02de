import Exposition

extension MetricFamily {
    /// A family of one gauge without labels.
    static func gauge(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name: name, kind: .gauge, help: help, metrics: [Metric(value)])
    }

    /// A family of one counter without labels.
    static func counter(_ name: String, _ help: String, _ value: Double) -> MetricFamily {
        MetricFamily(name: name, kind: .counter, help: help, metrics: [Metric(value)])
    }

    /// A family of text.
    static func info(_ name: String, _ help: String, _ labels: LabelSet) -> MetricFamily {
        MetricFamily(name: name, kind: .info, help: help, metrics: [Metric(labels: labels, 1)])
    }

    /// Adds a metric.
    mutating func add(_ value: Double, _ labels: LabelSet) {
        metrics.append(Metric(labels: labels, value))
    }
}
