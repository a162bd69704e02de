import Exposition

/// How the labels of all metrics with the same label names are put together with those of the service: worked out once
/// for each list of names, of which a collection has few.
struct SampleLabelPlan {
    private enum Slot {
        /// A label of the service.
        case service(Label)
        /// The n-th label of the metric, as it is.
        case own(Int)
        /// The n-th label of the metric, under another name.
        case renamed(Int, String)
    }

    private let pattern: [Label]
    private let slots: [Slot]
    private let hasServiceLabels: Bool
    private let nameProblem: String?
    private let hasBound: Bool
    private let hasQuantile: Bool

    /// - Parameters:
    ///   - pattern: The labels of a metric.
    ///   - serviceLabels: What is added, sorted. Of two labels with one name the metric's becomes `exported_<name>`.
    init(for pattern: [Label], serviceLabels: [Label]) {
        self.pattern = pattern
        hasServiceLabels = !serviceLabels.isEmpty
        nameProblem = pattern.lazy.compactMap { NameRules.problem(withLabelName: $0.name) }.first
        let freeNames = ExportedNames.of(pattern, beside: serviceLabels)
        var parts: [(name: String, slot: Slot)] = pattern.indices.map { index in
            freeNames[index].map { ($0, .renamed(index, $0)) } ?? (pattern[index].name, .own(index))
        }
        parts += serviceLabels.map { ($0.name, .service($0)) }
        parts.sort { $0.name.precedesByBytes($1.name) }
        slots = parts.map(\.slot)
        hasBound = parts.contains { $0.name == "le" }
        hasQuantile = parts.contains { $0.name == "quantile" }
    }

    /// Whether it is for metrics with these labels.
    func suits(_ labels: [Label]) -> Bool {
        guard labels.count == pattern.count else { return false }
        return pattern.indices.allSatisfy { labels[$0].name.hasSameBytes(as: pattern[$0].name) }
    }

    /// Why no metric of the kind can have these labels; nil if it can.
    func problem(with kind: MetricKind) -> String? {
        if let nameProblem { return nameProblem }
        switch kind {
        case .histogram: return hasBound ? "the label le belongs to the format" : nil
        case .summary: return hasQuantile ? "the label quantile belongs to the format" : nil
        case .counter, .gauge, .info, .unknown: return nil
        }
    }

    /// The labels of a metric with those of the service, without empty ones.
    func merge(_ set: LabelSet) -> LabelSet {
        let labels = set.labels
        if !hasServiceLabels, labels.allSatisfy({ !$0.value.isEmpty }) { return set }
        var merged: [Label] = []
        merged.reserveCapacity(slots.count)
        for slot in slots {
            switch slot {
            case .service(let label): merged.append(label)
            case .own(let index): if !labels[index].value.isEmpty { merged.append(labels[index]) }
            case .renamed(let index, let name):
                if !labels[index].value.isEmpty { merged.append(Label(name, labels[index].value)) }
            }
        }
        return LabelSet(sorted: merged)
    }
}
