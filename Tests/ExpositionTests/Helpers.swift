import Exposition

/// The bodies of a snapshot, one after the other.
func text(_ snapshot: EncodedSnapshot, _ format: ExpositionFormat = .canonical) -> String {
    snapshot.families.map { String(decoding: $0.body(for: format), as: UTF8.self) }.joined()
}

/// Encodes families with the labels of a service.
func encode(_ families: [MetricFamily], labels: LabelSet = [:], sampleLimit: Int = 1_000_000) -> EncodedSnapshot {
    SnapshotEncoder(labels: labels, sampleLimit: sampleLimit).encode(families)
}

/// Encodes families as the section of a service.
func section(_ id: String, _ labels: LabelSet, _ families: [MetricFamily]) -> PageSection {
    PageSection(id: id, labels: labels, families: encode(families, labels: labels).families)
}

/// A page and its report.
func page(_ sections: [PageSection], _ format: ExpositionFormat = .canonical) -> (text: String, report: PageReport) {
    var bytes: [UInt8] = []
    let report = PageBuilder(format: format).write(sections) { bytes += $0 }
    return (String(decoding: bytes, as: UTF8.self), report)
}

/// A gauge with one sample for each label set.
func gauge(_ name: String, help: String = "", _ metrics: Metric...) -> MetricFamily {
    MetricFamily(name: name, kind: .gauge, help: help, metrics: metrics)
}

extension ExpositionFormat {
    static let openMetrics = ExpositionFormat(syntax: .openMetrics100, escaping: .allowUTF8)
}
