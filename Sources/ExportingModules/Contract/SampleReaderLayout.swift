import Exposition

/// How the labels of all metrics with the same label names are put together with those of the service: worked out once
/// for each list of names, of which a collection has few.
struct SampleReaderLayout {
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
    ///   - serviceLabels: What is added, sorted. Of two labels with one name the metric's becomes `exported_<name>`,
    ///     again until the name is free; shorter ones choose first, as in Prometheus.
    init(for pattern: [Label], serviceLabels: [Label]) {
        self.pattern = pattern
        hasServiceLabels = !serviceLabels.isEmpty
        nameProblem = pattern.lazy.compactMap { SampleReaderNames.problem(withLabelName: $0.name) }.first
        let freeNames = Self.freeNames(pattern, serviceLabels)
        var parts: [(name: String, slot: Slot)] = pattern.indices.map { index in
            freeNames[index].map { ($0, .renamed(index, $0)) } ?? (pattern[index].name, .own(index))
        }
        parts += serviceLabels.map { ($0.name, .service($0)) }
        parts.sort { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        slots = parts.map(\.slot)
        hasBound = parts.contains { $0.name == "le" }
        hasQuantile = parts.contains { $0.name == "quantile" }
    }

    /// Whether it is for metrics with these labels.
    func suits(_ labels: [Label]) -> Bool {
        guard labels.count == pattern.count else { return false }
        for index in pattern.indices where !SampleReaderNames.areSame(labels[index].name, pattern[index].name) {
            return false
        }
        return true
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
        return LabelSet(merged)
    }

    private static func freeNames(_ pattern: [Label], _ serviceLabels: [Label]) -> [Int: String] {
        let clashes = pattern.indices.filter { index in
            serviceLabels.contains { SampleReaderNames.areSame($0.name, pattern[index].name) }
        }
        if clashes.isEmpty { return [:] }
        var taken = Set((serviceLabels + pattern).map { SampleReaderNames.Exact(text: $0.name) })
        var names: [Int: String] = [:]
        for index in clashes.sorted(by: { pattern[$0].name.utf8.count < pattern[$1].name.utf8.count }) {
            var free = pattern[index].name
            repeat { free = "exported_" + free } while taken.contains(SampleReaderNames.Exact(text: free))
            taken.insert(SampleReaderNames.Exact(text: free))
            names[index] = free
        }
        return names
    }
}

/// Finds metrics of a family that are there twice. A collector mostly yields its metrics in order, which is seen by one
/// comparison each; only when they are not, all are remembered.
struct SampleReaderDuplicates {
    /// What tells one from another.
    struct Key: Hashable {
        var labels: LabelSet
        var timestamp: Int64
    }

    private var keys: [Key] = []
    private var seen: Set<Key> = []
    private var isInOrder = true
    private var last: [Label] = []

    /// Takes note of a metric; false if it was there before.
    ///
    /// - Parameters:
    ///   - key: What it is among the others.
    ///   - own: Its labels without the service's.
    ///   - isSameLayout: Whether they have the names of the one before.
    mutating func add(_ key: Key, own: [Label], isSameLayout: Bool) -> Bool {
        if isInOrder {
            if keys.isEmpty || (isSameLayout && isAfterLast(own, key.timestamp)) {
                keys.append(key)
                last = own
                return true
            }
            isInOrder = false
            seen = Set(keys)
        }
        return seen.insert(key).inserted
    }

    private func isAfterLast(_ labels: [Label], _ timestamp: Int64) -> Bool {
        for index in labels.indices {
            let (value, before) = (labels[index].value, last[index].value)
            // An empty label is no label, so the order of the values says nothing.
            if value.isEmpty || before.isEmpty { return false }
            if before < value { return true }
            if before != value { return false }
        }
        return timestamp > keys[keys.count - 1].timestamp
    }
}
