/// How to write the labels of all metrics that have the same label names: the fixed text around their values, with the
/// service's labels already in it.
///
/// Metrics of a family mostly share their label names, so that sorting, merging and checking happens once for them.
struct LabelPlan {
    /// The label names of the metrics it is for, in their order.
    let names: [String]
    /// Why no metric with these label names can be written; nil if they can.
    let problem: String?
    /// Whether anything is written between the braces.
    let hasLabels: Bool
    /// Whether a name has to be quoted.
    let hasQuotedNames: Bool
    /// Which of the metric's labels is written n-th.
    private let order: [Int]
    /// The text before the n-th value, one after the other, and that after the last.
    private let text: [UInt8]
    private let ends: [Int]

    /// Creates a plan.
    ///
    /// - Parameters:
    ///   - names: The label names of the metrics.
    ///   - serviceLabels: What is added to each metric. Of two labels with one name the metric's becomes
    ///     `exported_<name>`, again until the name is free.
    ///   - reserved: A label name that the family's kind uses itself, `le` or `quantile`.
    init(names: [String], serviceLabels: [Label], reserved: String?) {
        self.names = names
        problem = Self.problem(names, serviceLabels, reserved)
        var taken = Set(serviceLabels.map { ExactName($0.name) }).union(names.map(ExactName.init))
        let serviceNames = Set(serviceLabels.map { ExactName($0.name) })
        var slots: [(name: String, value: String?, index: Int)] = serviceLabels.map { ($0.name, $0.value, 0) }
        for (index, name) in names.enumerated() {
            var free = name
            if serviceNames.contains(ExactName(name)) {
                repeat { free = "exported_" + free } while taken.contains(ExactName(free))
                taken.insert(ExactName(free))
            }
            slots.append((free, nil, index))
        }
        slots.sort { $0.name.precedesByBytes($1.name) }
        hasLabels = !slots.isEmpty
        hasQuotedNames = slots.contains { !NameRules.isPlainLabelName($0.name) }

        var text: [UInt8] = []
        var ends: [Int] = []
        var order: [Int] = []
        for (position, slot) in slots.enumerated() {
            if position > 0 { text.append(UInt8(ascii: ",")) }
            text.append(labelName: slot.name)
            text.append(contentsOf: #"=""#.utf8)
            if let value = slot.value {
                text.append(escaping: value)
            } else {
                ends.append(text.count)
                order.append(slot.index)
            }
            text.append(UInt8(ascii: "\""))
        }
        ends.append(text.count)
        (self.text, self.ends, self.order) = (text, ends, order)
    }

    /// Whether the plan is for metrics with these labels.
    @inline(__always)
    func suits(_ labels: [Label]) -> Bool {
        guard labels.count == names.count else { return false }
        for index in names.indices where !names[index].hasSameBytes(as: labels[index].name) { return false }
        return true
    }

    /// Appends the labels of a metric, without braces. Returns whether one of its values is empty.
    @inline(__always)
    func append(_ labels: [Label], to output: inout [UInt8]) -> Bool {
        var hasEmptyValue = false
        text.withUnsafeBufferPointer { text in
            var start = 0
            for position in order.indices {
                let value = labels[order[position]].value
                output.append(contentsOf: UnsafeBufferPointer(rebasing: text[start..<ends[position]]))
                output.append(escaping: value)
                if value.isEmpty { hasEmptyValue = true }
                start = ends[position]
            }
            output.append(contentsOf: UnsafeBufferPointer(rebasing: text[start...]))
        }
        return hasEmptyValue
    }

    private static func problem(_ names: [String], _ serviceLabels: [Label], _ reserved: String?) -> String? {
        for name in names {
            if let problem = NameRules.problem(withLabelName: name) { return problem }
        }
        guard let reserved else { return nil }
        let isTaken = (names + serviceLabels.map(\.name)).contains { $0 == reserved }
        return isTaken ? "the label \(reserved) belongs to the format" : nil
    }
}
