/// How to write the labels of all metrics that have the same label names: the fixed text around their values, with the
/// service's labels already in it.
///
/// Metrics of a snapshot share few lists of label names, so that sorting, merging and checking happens once for each.
struct LabelPlan {
    /// Tells it from other plans.
    let number: Int
    /// Labels with the names that the plan is for.
    private let pattern: [Label]
    /// Why no metric with these label names can be written; nil if they can.
    let problem: String?
    /// Whether anything is written between the braces.
    let hasLabels: Bool
    /// Whether a name has to be quoted.
    let hasQuotedNames: Bool
    /// Which of the metric's labels is written n-th, and the end of the fixed text before it.
    private let slots: [Slot]
    /// The text before the n-th value, one after the other, and that after the last.
    private let text: [UInt8]
    private let names: [String]

    fileprivate struct Slot {
        var label: Int
        var end: Int
    }

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - pattern: The labels of a metric.
    ///   - serviceLabels: What is added to each metric, sorted. Of two labels with one name the metric's becomes
    ///     `exported_<name>`, again until the name is free.
    ///   - number: Tells it from other plans.
    init(for pattern: [Label], serviceLabels: [Label], number: Int) {
        self.number = number
        self.pattern = pattern
        problem = pattern.lazy.compactMap { NameRules.problem(withLabelName: $0.name) }.first
        var parts: [(name: String, label: Int?)] = []
        parts.reserveCapacity(pattern.count + serviceLabels.count)
        let freeNames = ExportedNames.of(pattern, beside: serviceLabels)
        for index in pattern.indices { parts.append((freeNames[index] ?? pattern[index].name, index)) }
        for label in serviceLabels { parts.append((label.name, nil)) }
        parts.sort { $0.name.precedesByBytes($1.name) }
        names = parts.map(\.name)
        hasLabels = !parts.isEmpty
        hasQuotedNames = names.contains { !NameRules.isPlainLabelName($0) }

        var text: [UInt8] = []
        var slots: [Slot] = []
        var serviceLabel = serviceLabels.makeIterator()
        for (position, part) in parts.enumerated() {
            if position > 0 { text.append(UInt8(ascii: ",")) }
            text.append(labelName: part.name)
            text.append(contentsOf: #"=""#.utf8)
            if let label = part.label {
                slots.append(Slot(label: label, end: text.count))
            } else if let label = serviceLabel.next() {
                text.append(escaping: label.value)
            }
            text.append(UInt8(ascii: "\""))
        }
        (self.text, self.slots) = (text, slots)
    }

    /// Whether the plan is for metrics with these labels.
    @inline(__always)
    func suits(_ labels: [Label]) -> Bool {
        labels.withUnsafeBufferPointer { labels in
            pattern.withUnsafeBufferPointer { Self.haveSameNames(labels, $0) }
        }
    }

    /// Whether one of the names, the service's included, is `name`.
    func contains(_ name: String) -> Bool {
        names.contains { $0.hasSameBytes(as: name) }
    }

    /// Appends the labels of a metric, without braces. Returns whether one of its values is empty.
    @inline(__always)
    func append(_ labels: [Label], to output: inout [UInt8]) -> Bool {
        labels.withUnsafeBufferPointer { labels in withTemplate { $0.append(labels, to: &output) } }
    }

    /// Calls `body` with what is needed to write the labels of many metrics.
    @inline(__always)
    func withTemplate<Result>(_ body: (Template) -> Result) -> Result {
        text.withUnsafeBufferPointer { text in
            slots.withUnsafeBufferPointer { slots in
                pattern.withUnsafeBufferPointer { body(Template(text: text, slots: slots, pattern: $0)) }
            }
        }
    }

    /// A plan in memory. It does not count references, which would be the greater part of the cost.
    struct Template {
        fileprivate let text: UnsafeBufferPointer<UInt8>
        fileprivate let slots: UnsafeBufferPointer<Slot>
        fileprivate let pattern: UnsafeBufferPointer<Label>

        /// Whether the plan is for metrics with these labels.
        @inline(__always)
        func suits(_ labels: UnsafeBufferPointer<Label>) -> Bool {
            LabelPlan.haveSameNames(labels, pattern)
        }

        /// Appends the labels of a metric, without braces. Returns whether one of its values is empty.
        @inline(__always)
        func append(_ labels: UnsafeBufferPointer<Label>, to output: inout [UInt8]) -> Bool {
            var hasEmptyValue = false
            var start = 0
            for slot in slots {
                output.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<slot.end]))
                labels[slot.label].value.withBytes { value in
                    if value.isEmpty { hasEmptyValue = true }
                    output.append(escaping: value)
                }
                start = slot.end
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
            return hasEmptyValue
        }
    }

    @inline(__always)
    private static func haveSameNames(
        _ left: UnsafeBufferPointer<Label>,
        _ right: UnsafeBufferPointer<Label>
    ) -> Bool {
        guard left.count == right.count else { return false }
        for index in left.indices where !haveSameName(left, right, index) { return false }
        return true
    }

    /// Compares the names at one position. Collectors mostly use the same string for all metrics, which then has the
    /// same representation in memory: that is seen without counting a reference.
    @inline(__always)
    private static func haveSameName(
        _ left: UnsafeBufferPointer<Label>,
        _ right: UnsafeBufferPointer<Label>,
        _ index: Int
    ) -> Bool {
        let offset = MemoryLayout<Label>.stride * index + nameOffset
        let size = MemoryLayout<String>.size
        let first = UnsafeRawBufferPointer(left)[offset..<(offset + size)]
        let second = UnsafeRawBufferPointer(right)[offset..<(offset + size)]
        if Bytes.equal(UnsafeRawBufferPointer(rebasing: first), UnsafeRawBufferPointer(rebasing: second)) {
            return true
        }
        return left[index].name.hasSameBytes(as: right[index].name)
    }

    private static let nameOffset = MemoryLayout<Label>.offset(of: \.name) ?? 0
}
