import Exposition

/// A reading in progress.
struct SampleReading {
    let service: String
    let time: Int64
    private(set) var remaining: Int
    private(set) var problems: ProblemLog
    private(set) var samples: [Sample] = []

    private let serviceLabels: [Label]
    private var layouts: [SampleLabelPlan] = []
    private var layout: SampleLabelPlan
    private var bounds = BoundTexts()

    private static let layoutLimit = 64

    init(service: String, serviceLabels: [Label], time: Int64, remaining: Int, problems: ProblemLog) {
        self.service = service
        self.serviceLabels = serviceLabels
        self.time = time
        self.remaining = remaining
        self.problems = problems
        layout = SampleLabelPlan(for: [], serviceLabels: serviceLabels)
    }

    /// Reads the families of one name.
    mutating func read(_ merged: MergedFamily, of families: [MetricFamily]) {
        let members = [merged.first] + merged.others
        let family = SampleFamily(
            name: merged.name,
            kind: merged.kind,
            help: members.lazy.map { families[$0].help }.first { !$0.isEmpty } ?? "",
            unit: members.lazy.compactMap { families[$0].unit }.first ?? ""
        )
        var duplicates = SampleDuplicates()
        for index in members {
            switch merged.kind {
            case .counter, .gauge, .info, .unknown: readNumbers(families[index].metrics, family, &duplicates)
            case .histogram, .summary: readDistributions(families[index].metrics, family, &duplicates)
            }
        }
    }

    // MARK: Numbers

    private mutating func readNumbers(
        _ metrics: [Metric],
        _ family: SampleFamily,
        _ duplicates: inout SampleDuplicates
    ) {
        samples.reserveCapacity(samples.count + min(metrics.count, remaining))
        for metric in metrics {
            guard case .number(let number) = metric.value else {
                problems.add(.wrongValue, family: family.name, count: 1, detail: "a \(family.kind) is a number")
                continue
            }
            if family.kind == .info, number != 1 {
                let detail = "the value of an info is 1, not \(number)"
                problems.add(.wrongValue, family: family.name, count: 1, detail: detail)
                continue
            }
            guard let labels = labels(of: metric, family, lines: 1, &duplicates) else { continue }
            append(family.name, labels, family, number, metric.timestamp)
            remaining -= 1
        }
    }

    // MARK: Histograms and summaries

    private mutating func readDistributions(
        _ metrics: [Metric],
        _ family: SampleFamily,
        _ duplicates: inout SampleDuplicates
    ) {
        let names = (
            point: family.kind == .histogram ? family.name + "_bucket" : family.name,
            sum: family.name + "_sum",
            count: family.name + "_count"
        )
        for metric in metrics {
            guard let shape = Self.shape(metric.value, family.kind) else {
                problems.add(.wrongValue, family: family.name, count: 1, detail: "the value is no \(family.kind)")
                continue
            }
            if let problem = shape.problem {
                problems.add(.wrongValue, family: family.name, count: shape.lineCount, detail: problem)
                continue
            }
            guard let labels = labels(of: metric, family, lines: shape.lineCount, &duplicates) else { continue }
            let place = labels.labels.firstIndex { shape.label.precedesByBytes($0.name) }
            for (index, point) in shape.points.enumerated() {
                var list: [Label] = []
                list.reserveCapacity(labels.count + 1)
                list.append(contentsOf: labels.labels)
                list.insert(Label(shape.label, bounds.text(of: point.bound, at: index)), at: place ?? list.count)
                append(names.point, LabelSet(sorted: list), family, point.value, metric.timestamp)
            }
            append(names.sum, labels, family, shape.sum, metric.timestamp)
            append(names.count, labels, family, shape.count, metric.timestamp)
            remaining -= shape.lineCount
        }
    }

    private static func shape(_ value: MetricValue, _ kind: MetricKind) -> DistributionShape? {
        switch (value, kind) {
        case (.histogram(let histogram), .histogram): DistributionShape(histogram)
        case (.summary(let summary), .summary): DistributionShape(summary)
        default: nil
        }
    }

    // MARK: Both

    private mutating func append(
        _ name: String,
        _ labels: LabelSet,
        _ family: SampleFamily,
        _ value: Double,
        _ timestamp: Int64?
    ) {
        // A NaN that happens to be the mark of an ended series is an ordinary one here.
        let value = value.bitPattern == Sample.staleBits ? .nan : value
        samples.append(
            Sample(
                name: name,
                service: service,
                labels: labels,
                family: family,
                value: value,
                timestamp: timestamp ?? time
            )
        )
    }

    /// The labels of a metric with those of the service; nil, with the problem noted, if it is to be left out.
    private mutating func labels(
        of metric: Metric,
        _ family: SampleFamily,
        lines: Int,
        _ duplicates: inout SampleDuplicates
    ) -> LabelSet? {
        let own = metric.labels.labels
        let isSameLayout = layout.suits(own)
        if !isSameLayout { findLayout(for: own) }
        if let problem = layout.problem(with: family.kind) {
            problems.add(.illegalName, family: family.name, count: lines, detail: problem)
            return nil
        }
        guard lines <= remaining else {
            problems.add(.limitExceeded, family: family.name, count: lines, detail: "too many samples")
            return nil
        }
        guard metric.timestamp ?? 0 >= 0 else {
            let detail = "the timestamp is before 1970"
            problems.add(.wrongValue, family: family.name, count: lines, detail: detail)
            return nil
        }
        let labels = layout.merge(metric.labels)
        let key = SampleDuplicates.Key(labels: labels, timestamp: metric.timestamp ?? time)
        guard duplicates.add(key, own: own, isSameLayout: isSameLayout) else {
            let series = labels.labels.map { "\($0.name)=\($0.value)" }.joined(separator: ",")
            problems.add(.duplicateSeries, family: family.name, count: lines, detail: "{\(series)}")
            return nil
        }
        return labels
    }

    private mutating func findLayout(for labels: [Label]) {
        if let known = layouts.first(where: { $0.suits(labels) }) {
            layout = known
            return
        }
        layout = SampleLabelPlan(for: labels, serviceLabels: serviceLabels)
        if layouts.count >= Self.layoutLimit { layouts.removeAll(keepingCapacity: true) }
        layouts.append(layout)
    }
}
