/// Writes the sample lines of one family after the other, in buffers that it keeps.
struct FamilyWriter {
    private let serviceLabels: [Label]
    private var body: [UInt8] = []
    private var labels: [UInt8] = []
    private var series = SeriesIndex()
    private var sampleCount = 0
    private var hasQuotedNames = false
    /// The labels of the last family of plain numbers, and memory to write lines in.
    private var block = LabelBlock()
    private var lines: [UInt8] = []

    /// The plans for the lists of label names that came up, and the one in use.
    private var plans: [LabelPlan]
    private var plan: LabelPlan
    /// Why the plan in use does not go with the kind of the family.
    private var planProblem: String?

    private var lastPlan = 0

    /// How many more samples may be written.
    private(set) var remaining: Int

    private static let planLimit = 64

    init(serviceLabels: [Label], sampleLimit: Int) {
        self.serviceLabels = serviceLabels
        remaining = sampleLimit
        plan = LabelPlan(for: [], serviceLabels: serviceLabels, number: lastPlan)
        plans = [plan]
    }

    /// Begins a new snapshot: what was written before may be gone.
    mutating func begin() {
        block.removeAll()
    }

    /// Writes a family from one or more that share its name and kind; nil if nothing is left of it.
    mutating func encode(_ family: MergedFamily, in families: [MetricFamily], _ log: inout ProblemLog) -> EncodedFamily?
    {
        let names = SampleNames(family.name)
        if family.others.isEmpty, let encoded = encodeNumbers(families[family.first], names) { return encoded }
        body.removeAll(keepingCapacity: true)
        series.removeAll()
        sampleCount = 0
        hasQuotedNames = !names.isPlain
        choosePlan(for: family.kind)
        write(families[family.first], names, &log)
        for source in family.others { write(families[source], names, &log) }
        var dropped = 0
        let written = body
        let sorted = series.sorted(written) { entry in
            dropped += entry.lineCount
            log.add(
                .duplicateSeries,
                family: family.name,
                count: entry.lineCount,
                detail: Self.firstLine(of: entry, in: written)
            )
        }
        remaining += dropped
        sampleCount -= dropped
        if sampleCount == 0 { return nil }
        let sources = family.others.lazy.map { families[$0] }
        let help = families[family.first].help
        return EncodedFamily(
            name: family.name,
            kind: family.kind,
            help: help.isEmpty ? sources.first { !$0.help.isEmpty }?.help ?? "" : help,
            unit: families[family.first].unit ?? sources.compactMap(\.unit).first,
            sampleCount: sampleCount,
            body: sorted,
            hasPlainName: names.isPlain,
            hasQuotedNames: hasQuotedNames
        )
    }

    private mutating func write(_ family: MetricFamily, _ names: SampleNames, _ log: inout ProblemLog) {
        switch family.kind {
        case .histogram, .summary: writeDistributions(family, names, &log)
        case .counter, .gauge, .info, .unknown: writeNumbers(family, names, &log)
        }
    }

    // MARK: Numbers

    /// Writes a family in which nothing is special: numbers, without timestamps, with the same label names everywhere, and
    /// nothing wrong. Nil if it is not such a one.
    private mutating func encodeNumbers(_ family: MetricFamily, _ names: SampleNames) -> EncodedFamily? {
        switch family.kind {
        case .histogram, .summary: return nil
        case .counter, .gauge, .info, .unknown: break
        }
        let count = family.metrics.count
        guard count > 0, count <= remaining else { return nil }
        let body = family.metrics.withUnsafeBufferPointer { metrics -> [UInt8]? in
            if !plan.suits(metrics[0].labels.labels) { findPlan(for: metrics[0].labels.labels, family.kind) }
            guard plan.problem == nil else { return nil }
            if !block.suits(metrics), !block.make(from: metrics, plan) { return nil }
            return writeLines(metrics, names, isInfo: family.kind == .info)
        }
        guard let body else { return nil }
        remaining -= count
        return EncodedFamily(
            name: family.name,
            kind: family.kind,
            help: family.help,
            unit: family.unit,
            sampleCount: count,
            body: body,
            hasPlainName: names.isPlain,
            hasQuotedNames: !names.isPlain || plan.hasQuotedNames
        )
    }

    /// Writes one line for each metric in the order of the block; nil if one is special.
    private mutating func writeLines(
        _ metrics: UnsafeBufferPointer<Metric>,
        _ names: SampleNames,
        isInfo: Bool
    ) -> [UInt8]? {
        let opening = names.opening(hasLabels: plan.hasLabels)
        let hasBrace = plan.hasLabels || !names.isPlain
        let room = block.text.count + metrics.count * (opening.count + NumberText.maximumLength + 3)
        if lines.count < room { lines = [UInt8](repeating: 0, count: max(room, lines.count * 2)) }
        return opening.withUnsafeBufferPointer { opening in
            block.withSlots { slots, labels in
                lines.withUnsafeMutableBufferPointer { lines in
                    guard let start = lines.baseAddress, let first = metrics.baseAddress else { return nil }
                    var end = start
                    for slot in slots {
                        let metric = first + slot.metric
                        guard metric.pointee.timestamp == nil, case .number(let number) = metric.pointee.value,
                            !isInfo || number == 1
                        else { return nil }
                        end = Self.copy(opening, to: end)
                        end = Self.copy(UnsafeBufferPointer(rebasing: labels[slot.labels]), to: end)
                        if hasBrace {
                            end.pointee = UInt8(ascii: "}")
                            end += 1
                        }
                        end.pointee = UInt8(ascii: " ")
                        end += 1
                        end += NumberText.write(number, to: end)
                        end.pointee = UInt8(ascii: "\n")
                        end += 1
                    }
                    // A copy of exactly the size that is needed: bodies stay in memory.
                    return Array(UnsafeBufferPointer(start: start, count: end - start))
                }
            }
        }
    }

    @inline(__always)
    private static func copy(
        _ bytes: UnsafeBufferPointer<UInt8>,
        to output: UnsafeMutablePointer<UInt8>
    ) -> UnsafeMutablePointer<UInt8> {
        guard let base = bytes.baseAddress else { return output }
        output.update(from: base, count: bytes.count)
        return output + bytes.count
    }

    private mutating func writeNumbers(_ family: MetricFamily, _ names: SampleNames, _ log: inout ProblemLog) {
        family.metrics.withUnsafeBufferPointer { metrics in
            for index in metrics.indices {
                guard case .number(let number) = metrics[index].value else {
                    log.add(.wrongValue, family: family.name, count: 1, detail: "a \(family.kind) is a number")
                    continue
                }
                if family.kind == .info, number != 1 {
                    let detail = "the value of an info is 1, not \(number)"
                    log.add(.wrongValue, family: family.name, count: 1, detail: detail)
                    continue
                }
                let timestamp = metrics[index].timestamp
                guard prepare(metrics[index].labels.labels, timestamp, family, lines: 1, &log) else { continue }
                let start = body.count
                names.appendOpening(hasLabels: plan.hasLabels, to: &body)
                let labelStart = body.count
                let hasEmptyValue = plan.append(metrics[index].labels.labels, to: &body)
                let labelEnd = body.count
                names.appendClosing(hasLabels: plan.hasLabels, to: &body)
                body.append(number: number)
                endLine(timestamp)
                finish(timestamp, lines: start, labels: labelStart..<labelEnd, count: 1, hasEmptyValue)
            }
        }
    }

    // MARK: Histograms and summaries

    private mutating func writeDistributions(_ family: MetricFamily, _ names: SampleNames, _ log: inout ProblemLog) {
        for metric in family.metrics {
            let shape: DistributionShape
            switch (family.kind, metric.value) {
            case (.histogram, .histogram(let histogram)): shape = DistributionShape(histogram)
            case (.summary, .summary(let summary)): shape = DistributionShape(summary)
            default:
                log.add(.wrongValue, family: family.name, count: 1, detail: "the value is no \(family.kind)")
                continue
            }
            let count = shape.lineCount
            if let problem = shape.problem {
                log.add(.wrongValue, family: family.name, count: count, detail: problem)
                continue
            }
            guard prepare(metric.labels.labels, metric.timestamp, family, lines: count, &log) else { continue }
            let start = body.count
            labels.removeAll(keepingCapacity: true)
            let hasEmptyValue = plan.append(metric.labels.labels, to: &labels)
            for (bound, value) in shape.points {
                names.appendOpening(shape.suffix, hasLabels: true, to: &body)
                body.append(contentsOf: labels)
                if plan.hasLabels { body.append(UInt8(ascii: ",")) }
                body.append(text: shape.label)
                body.append(contentsOf: #"=""#.utf8)
                body.append(number: bound)
                body.append(contentsOf: #""} "#.utf8)
                body.append(number: value)
                endLine(metric.timestamp)
            }
            var labelStart = 0
            for (suffix, value) in [("_sum", shape.sum), ("_count", shape.count)] {
                names.appendOpening(suffix, hasLabels: plan.hasLabels, to: &body)
                labelStart = body.count
                body.append(contentsOf: labels)
                names.appendClosing(hasLabels: plan.hasLabels, to: &body)
                body.append(number: value)
                endLine(metric.timestamp)
            }
            let labelEnd = labelStart + labels.count
            finish(metric.timestamp, lines: start, labels: labelStart..<labelEnd, count: count, hasEmptyValue)
        }
    }

    // MARK: Both

    /// Finds the plan for a metric's labels; returns false, with the problem logged, if it cannot be written.
    @inline(__always)
    private mutating func prepare(
        _ labels: [Label],
        _ timestamp: Int64?,
        _ family: MetricFamily,
        lines: Int,
        _ log: inout ProblemLog
    ) -> Bool {
        if !plan.suits(labels) { findPlan(for: labels, family.kind) }
        if planProblem == nil, lines <= remaining, timestamp ?? 0 >= 0 { return true }
        if let planProblem {
            log.add(.illegalName, family: family.name, count: lines, detail: planProblem)
        } else if lines > remaining {
            log.add(.limitExceeded, family: family.name, count: lines, detail: "too many samples")
        } else {
            log.add(.wrongValue, family: family.name, count: lines, detail: "the timestamp is before 1970")
        }
        return false
    }

    private mutating func findPlan(for labels: [Label], _ kind: MetricKind) {
        if let known = plans.first(where: { $0.suits(labels) }) {
            plan = known
        } else {
            lastPlan += 1
            plan = LabelPlan(for: labels, serviceLabels: serviceLabels, number: lastPlan)
            if plans.count >= Self.planLimit { plans.removeAll(keepingCapacity: true) }
            plans.append(plan)
        }
        choosePlan(for: kind)
    }

    private mutating func choosePlan(for kind: MetricKind) {
        planProblem = plan.problem
        if planProblem == nil, plan.hasQuotedNames { hasQuotedNames = true }
        let reserved: String
        switch kind {
        case .histogram: reserved = "le"
        case .summary: reserved = "quantile"
        case .counter, .gauge, .info, .unknown: return
        }
        if plan.contains(reserved) { planProblem = "the label \(reserved) belongs to the format" }
    }

    @inline(__always)
    private mutating func endLine(_ timestamp: Int64?) {
        if let timestamp {
            body.append(UInt8(ascii: " "))
            body.append(integer: timestamp)
        }
        body.append(UInt8(ascii: "\n"))
    }

    @inline(__always)
    private mutating func finish(
        _ timestamp: Int64?,
        lines start: Int,
        labels: Range<Int>,
        count: Int,
        _ hasEmptyValue: Bool
    ) {
        remaining -= count
        sampleCount += count
        let entry = SeriesIndex.Entry(
            lines: start..<body.count,
            labels: labels,
            timestamp: timestamp,
            lineCount: count
        )
        series.add(entry, plan: plan.number, hasEmptyValue: hasEmptyValue, body: body)
    }

    private static func firstLine(of entry: SeriesIndex.Entry, in body: [UInt8]) -> String {
        String(decoding: body[entry.lines].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
