/// Turns what was collected from one target into encoded families, with the labels of the service in every line.
///
/// A sample that no page may hold is left out and reported; it never costs the others. That is: illegal names,
/// duplicates, values that do not fit the kind, families that clash with an earlier one of the same name, and whatever
/// goes beyond the limit.
///
/// ```swift
/// let encoder = SnapshotEncoder(labels: ["service": "orders"])
/// let snapshot = encoder.encode([
///     MetricFamily(name: "up", kind: .gauge, metrics: [Metric(1)])
/// ])
/// ```
public struct SnapshotEncoder: Sendable {
    private let serviceLabels: [Label]
    private let sampleLimit: Int
    private let rejectedLabels: [String]

    /// Creates an encoder.
    ///
    /// - Parameters:
    ///   - labels: The labels of the service. On a clash the collected label becomes `exported_<name>`. Empty ones are
    ///     left out, since they mean the same as none; so are those with illegal names, which is reported.
    ///   - sampleLimit: How many sample lines a snapshot has at most.
    public init(labels: LabelSet, sampleLimit: Int = 1_000_000) {
        let labels = labels.labels.filter { !$0.value.isEmpty }
        serviceLabels = labels.filter { NameRules.problem(withLabelName: $0.name) == nil }
        rejectedLabels = labels.compactMap { NameRules.problem(withLabelName: $0.name) }
        self.sampleLimit = max(sampleLimit, 0)
    }

    /// Encodes the families of one target. Families of one name are merged; metrics are sorted by their labels.
    public func encode(_ families: [MetricFamily]) -> EncodedSnapshot {
        var writer = FamilyWriter(serviceLabels: serviceLabels, sampleLimit: sampleLimit)
        return encode(families, &writer)
    }

    /// Encodes several lists of families of one target, each on its own, which costs less than one call for each. The
    /// limit is for all of them together.
    public func encode(parts: [[MetricFamily]]) -> [EncodedSnapshot] {
        var writer = FamilyWriter(serviceLabels: serviceLabels, sampleLimit: sampleLimit)
        return parts.map { encode($0, &writer) }
    }

    private func encode(_ families: [MetricFamily], _ writer: inout FamilyWriter) -> EncodedSnapshot {
        var log = ProblemLog()
        for problem in rejectedLabels {
            log.add(.illegalName, family: "", count: 0, detail: "of the service: \(problem)")
        }
        let limit = writer.remaining
        var encoded: [EncodedFamily] = []
        encoded.reserveCapacity(families.count)
        writer.begin()
        for family in FamilyMerger.merge(families, &log) {
            if let family = writer.encode(family, in: families, &log) { encoded.append(family) }
        }
        return EncodedSnapshot(families: encoded, problems: log.problems, sampleCount: limit - writer.remaining)
    }
}
