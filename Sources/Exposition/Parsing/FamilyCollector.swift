/// Puts families together from the lines of a page.
struct FamilyCollector {
    /// What tells one histogram or summary from the others of its family.
    private struct Point: Hashable {
        var labels: LabelSet
        var timestamp: Int64?
    }

    private struct Family {
        var name: String
        var kind: MetricKind?
        var help = ""
        var numbers: [Metric] = []
        var points: [Point] = []
        var indices: [Point: Int] = [:]
        var parts: [DistributionParts] = []
    }

    private var collected: [Family] = []
    private var indices: [ExactName: Int] = [:]

    mutating func setHelp(_ help: String, of name: String) {
        collected[index(of: name)].help = help
    }

    /// Sets the kind unless one is set already, or samples came before that do not fit.
    mutating func setKind(_ kind: MetricKind, of name: String) {
        let index = index(of: name)
        let isDistribution = kind == .histogram || kind == .summary
        if collected[index].kind == nil, !isDistribution || collected[index].numbers.isEmpty {
            collected[index].kind = kind
        }
    }

    mutating func add(_ sample: TextSample, _ labels: LabelSet) {
        let name = sample.name
        for (suffix, field) in [("_bucket", Field.bucket), ("_sum", .sum), ("_count", .count)] {
            guard let base = name.removingSuffix(suffix), let index = indices[ExactName(base)] else { continue }
            if addPart(field, sample, labels, to: index) { return }
        }
        let index = index(of: name)
        if collected[index].kind == .summary, addPart(.quantile, sample, labels, to: index) { return }
        collected[index].numbers.append(Metric(labels: labels, sample.value, timestamp: sample.timestamp))
    }

    func families() -> [MetricFamily] {
        collected.flatMap { family in
            var result: [MetricFamily] = []
            let kind = family.kind ?? .unknown
            let isDistribution = kind == .histogram || kind == .summary
            if !family.parts.isEmpty {
                let metrics = zip(family.points, family.parts).map { point, parts in
                    Metric(labels: point.labels, value: parts.value(kind), timestamp: point.timestamp)
                }
                result.append(MetricFamily(name: family.name, kind: kind, help: family.help, metrics: metrics))
            }
            if !family.numbers.isEmpty {
                let kind = isDistribution ? .unknown : kind
                result.append(MetricFamily(name: family.name, kind: kind, help: family.help, metrics: family.numbers))
            }
            return result
        }
    }

    private enum Field {
        case bucket, sum, count, quantile
    }

    /// Adds a series to a histogram or summary; returns false if it is not one of its.
    private mutating func addPart(_ field: Field, _ sample: TextSample, _ labels: LabelSet, to index: Int) -> Bool {
        var labels = labels
        var bound = 0.0
        switch (collected[index].kind, field) {
        case (.histogram, .bucket):
            guard let value = Self.bound(labels["le"]) else { return false }
            bound = value
            labels["le"] = nil
        case (.summary, .quantile):
            guard let value = Self.bound(labels["quantile"]) else { return false }
            bound = value
            labels["quantile"] = nil
        case (.histogram, .sum), (.histogram, .count), (.summary, .sum), (.summary, .count): break
        default: return false
        }
        let point = Point(labels: labels, timestamp: sample.timestamp)
        let part = collected[index].indices[point] ?? collected[index].parts.count
        if part == collected[index].parts.count {
            collected[index].indices[point] = part
            collected[index].points.append(point)
            collected[index].parts.append(DistributionParts())
        }
        switch field {
        case .bucket, .quantile: collected[index].parts[part].points.append((bound, sample.value))
        case .sum: collected[index].parts[part].sum = sample.value
        case .count: collected[index].parts[part].count = sample.value
        }
        return true
    }

    private static func bound(_ text: String?) -> Double? {
        guard let text else { return nil }
        return try? FloatText.parse(Array(text.utf8)[...])
    }

    private mutating func index(of name: String) -> Int {
        if let index = indices[ExactName(name)] { return index }
        indices[ExactName(name)] = collected.count
        collected.append(Family(name: name))
        return collected.count - 1
    }
}

/// The series of one histogram or summary.
private struct DistributionParts {
    var points: [(bound: Double, value: Double)] = []
    var sum: Double?
    var count: Double?

    func value(_ kind: MetricKind) -> MetricValue {
        let points = points.sorted { $0.bound < $1.bound }
        let sum = sum ?? .nan
        if kind == .summary {
            let quantiles = points.map { SummaryValue.Quantile(quantile: $0.bound, value: $0.value) }
            return .summary(SummaryValue(quantiles: quantiles, sum: sum, count: count ?? 0))
        }
        let buckets = points.map { HistogramValue.Bucket(upperBound: $0.bound, cumulativeCount: $0.value) }
        return .histogram(HistogramValue(buckets: buckets, sum: sum, count: count ?? points.last?.value ?? 0))
    }
}
