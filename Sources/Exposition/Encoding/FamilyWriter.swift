/// Writes the sample lines of one family after the other, in buffers that it keeps.
struct FamilyWriter {
    private let serviceLabels: [Label]
    private var body: [UInt8] = []
    private var labels: [UInt8] = []
    private var series = SeriesIndex()
    private var plans: [LabelPlan] = []
    private var currentPlan = 0
    private var sampleCount = 0
    private var hasQuotedNames = false

    /// How many more samples may be written.
    private(set) var remaining: Int

    private static let planLimit = 8

    init(serviceLabels: [Label], sampleLimit: Int) {
        self.serviceLabels = serviceLabels
        remaining = sampleLimit
    }

    /// Writes a family from one or more that share its name and kind; nil if nothing is left of it.
    mutating func encode(_ family: MergedFamily, in families: [MetricFamily], _ log: inout ProblemLog) -> EncodedFamily?
    {
        body.removeAll(keepingCapacity: true)
        series.removeAll()
        plans.removeAll(keepingCapacity: true)
        currentPlan = 0
        sampleCount = 0
        let names = SampleNames(family.name)
        hasQuotedNames = !names.isPlain
        for source in family.sources {
            switch family.kind {
            case .histogram, .summary: writeDistributions(families[source], names, &log)
            case .counter, .gauge, .info, .unknown: writeNumbers(families[source], names, &log)
            }
        }
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
        return EncodedFamily(
            name: family.name,
            kind: family.kind,
            help: family.help,
            unit: family.unit,
            sampleCount: sampleCount,
            body: sorted,
            hasQuotedNames: hasQuotedNames
        )
    }

    // MARK: Numbers

    private mutating func writeNumbers(_ family: MetricFamily, _ names: SampleNames, _ log: inout ProblemLog) {
        let openings = [names.opening(hasLabels: false), names.opening(hasLabels: true)]
        let closings = [names.closing(hasLabels: false), names.closing(hasLabels: true)]
        for metric in family.metrics {
            guard case .number(let number) = metric.value else {
                log.add(.wrongValue, family: family.name, count: 1, detail: "a \(family.kind) is a number")
                continue
            }
            if family.kind == .info, number != 1 {
                log.add(.wrongValue, family: family.name, count: 1, detail: "the value of an info is 1, not \(number)")
                continue
            }
            guard let plan = plan(for: metric, family, lines: 1, &log) else { continue }
            let form = plans[plan].hasLabels ? 1 : 0
            let start = body.count
            body.append(contentsOf: openings[form])
            let labelStart = body.count
            let hasEmptyValue = plans[plan].append(metric.labels.labels, to: &body)
            let labelEnd = body.count
            body.append(contentsOf: closings[form])
            body.append(number: number)
            endLine(metric.timestamp)
            finish(metric, lines: start, labels: labelStart..<labelEnd, count: 1, hasEmptyValue)
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
            guard let plan = plan(for: metric, family, lines: count, &log) else { continue }
            let start = body.count
            labels.removeAll(keepingCapacity: true)
            let hasEmptyValue = plans[plan].append(metric.labels.labels, to: &labels)
            for (bound, value) in shape.points {
                body.append(contentsOf: names.opening(suffix: shape.suffix, hasLabels: true))
                body.append(contentsOf: labels)
                if !labels.isEmpty { body.append(UInt8(ascii: ",")) }
                body.append(text: shape.label)
                body.append(contentsOf: #"=""#.utf8)
                body.append(number: bound)
                body.append(contentsOf: #""} "#.utf8)
                body.append(number: value)
                endLine(metric.timestamp)
            }
            var labelStart = 0
            for (suffix, value) in [("_sum", shape.sum), ("_count", shape.count)] as [(StaticString, Double)] {
                body.append(contentsOf: names.opening(suffix: suffix, hasLabels: !labels.isEmpty))
                labelStart = body.count
                body.append(contentsOf: labels)
                body.append(contentsOf: names.closing(hasLabels: !labels.isEmpty))
                body.append(number: value)
                endLine(metric.timestamp)
            }
            finish(metric, lines: start, labels: labelStart..<(labelStart + labels.count), count: count, hasEmptyValue)
        }
    }

    // MARK: Both

    /// The plan for the metric's labels; nil if it cannot be written.
    @inline(__always)
    private mutating func plan(
        for metric: Metric,
        _ family: MetricFamily,
        lines: Int,
        _ log: inout ProblemLog
    ) -> Int? {
        if currentPlan >= plans.count || !plans[currentPlan].suits(metric.labels.labels) {
            findPlan(for: metric, family.kind)
        }
        if let problem = plans[currentPlan].problem {
            log.add(.illegalName, family: family.name, count: lines, detail: problem)
            return nil
        }
        if let timestamp = metric.timestamp, timestamp < 0 {
            log.add(.wrongValue, family: family.name, count: lines, detail: "the timestamp is before 1970")
            return nil
        }
        if lines > remaining {
            log.add(.limitExceeded, family: family.name, count: lines, detail: "too many samples")
            return nil
        }
        return currentPlan
    }

    private mutating func findPlan(for metric: Metric, _ kind: MetricKind) {
        let labels = metric.labels.labels
        if let index = plans.firstIndex(where: { $0.suits(labels) }) {
            currentPlan = index
            return
        }
        let reserved: String? =
            switch kind {
            case .histogram: "le"
            case .summary: "quantile"
            case .counter, .gauge, .info, .unknown: nil
            }
        let plan = LabelPlan(names: labels.map(\.name), serviceLabels: serviceLabels, reserved: reserved)
        if plan.hasQuotedNames, plan.problem == nil { hasQuotedNames = true }
        if plans.count < Self.planLimit {
            currentPlan = plans.count
            plans.append(plan)
        } else {
            currentPlan = (currentPlan + 1) % Self.planLimit
            plans[currentPlan] = plan
        }
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
        _ metric: Metric,
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
            timestamp: metric.timestamp,
            lineCount: count
        )
        series.add(entry, hasEmptyValue: hasEmptyValue, body: body)
    }

    private static func firstLine(of entry: SeriesIndex.Entry, in body: [UInt8]) -> String {
        String(decoding: body[entry.lines].prefix { $0 != UInt8(ascii: "\n") }, as: UTF8.self)
    }
}
