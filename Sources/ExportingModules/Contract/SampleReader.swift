public import Exposition

/// Takes the families of a collection apart into samples, under the same names, with the same labels, and with the same
/// ones left out as on a page.
///
/// Histograms become `_bucket` with `le`, `_sum` and `_count`; summaries `quantile`, `_sum` and `_count`. The labels of
/// the service are in every sample; on a clash the collected label becomes `exported_<name>`. Empty labels mean the same
/// as none and are left out. What no page may hold is left out and counted: illegal names, duplicates, values that do not
/// fit the kind, families that clash with an earlier one, and whatever goes beyond the limit.
public struct SampleReader: Sendable {
    /// The samples of one collection.
    public struct Reading: Sendable {
        /// The samples, in the order in which they were collected, those of one family together.
        public var samples: [Sample]
        /// What was left out and why: a bounded list with exact counts.
        public var problems: [SampleProblem]

        /// How many samples were left out.
        public var droppedCount: Int { problems.reduce(0) { $0 + $1.count } }
    }

    private let service: String
    private let serviceLabels: [Label]
    private let rejectedLabels: [String]
    private let sampleLimit: Int

    /// Creates a reader.
    ///
    /// - Parameters:
    ///   - labels: The labels of the service. Those with illegal names are left out, which is reported.
    ///   - service: The name of the service.
    ///   - sampleLimit: How many samples a reading has at most.
    public init(labels: LabelSet, service: String = "", sampleLimit: Int = 1_000_000) {
        self.service = service
        let labels = labels.labels.filter { !$0.value.isEmpty }
        serviceLabels = labels.filter { SampleReaderNames.problem(withLabelName: $0.name) == nil }
        rejectedLabels = labels.compactMap { SampleReaderNames.problem(withLabelName: $0.name) }
        self.sampleLimit = max(0, sampleLimit)
    }

    /// Takes families apart.
    ///
    /// - Parameters:
    ///   - families: What was collected, without the labels of the service.
    ///   - time: When it was collected, in milliseconds since 1970: the time of samples that have none of their own.
    public func read(_ families: [MetricFamily], time: Int64) -> Reading {
        var problems = SampleReaderProblems()
        for problem in rejectedLabels {
            problems.add(.illegalName, family: "", count: 0, detail: "of the service: \(problem)")
        }
        var reading = SampleReading(
            service: service,
            serviceLabels: serviceLabels,
            time: time,
            remaining: sampleLimit,
            problems: problems
        )
        for group in SampleReaderGroups.of(families, &reading.problems) { reading.read(group, of: families) }
        return Reading(samples: reading.samples, problems: reading.problems.list)
    }
}

/// A reading in progress.
struct SampleReading {
    let service: String
    let time: Int64
    private(set) var remaining: Int
    var problems: SampleReaderProblems
    private(set) var samples: [Sample] = []

    private let serviceLabels: [Label]
    private var layouts: [SampleReaderLayout] = []
    private var layout: SampleReaderLayout
    private var bounds = SampleReaderBounds()

    private static let layoutLimit = 64

    init(service: String, serviceLabels: [Label], time: Int64, remaining: Int, problems: SampleReaderProblems) {
        self.service = service
        self.serviceLabels = serviceLabels
        self.time = time
        self.remaining = remaining
        self.problems = problems
        layout = SampleReaderLayout(for: [], serviceLabels: serviceLabels)
    }

    /// Reads the families of one name.
    mutating func read(_ group: SampleReaderGroups.Group, of families: [MetricFamily]) {
        let members = group.members.lazy.map { families[$0] }
        let family = SampleFamily(
            name: group.name,
            kind: group.kind,
            help: members.first { !$0.help.isEmpty }?.help ?? "",
            unit: members.compactMap(\.unit).first ?? ""
        )
        var duplicates = SampleReaderDuplicates()
        for index in group.members {
            switch group.kind {
            case .counter, .gauge, .info, .unknown: readNumbers(families[index].metrics, family, &duplicates)
            case .histogram, .summary: readDistributions(families[index].metrics, family, &duplicates)
            }
        }
    }

    // MARK: Numbers

    private mutating func readNumbers(
        _ metrics: [Metric],
        _ family: SampleFamily,
        _ duplicates: inout SampleReaderDuplicates
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
        _ duplicates: inout SampleReaderDuplicates
    ) {
        let names = (
            point: family.kind == .histogram ? family.name + "_bucket" : family.name,
            sum: family.name + "_sum",
            count: family.name + "_count"
        )
        for metric in metrics {
            guard let shape = SampleReaderShape(metric.value), shape.kind == family.kind else {
                problems.add(.wrongValue, family: family.name, count: 1, detail: "the value is no \(family.kind)")
                continue
            }
            if let problem = shape.problem {
                problems.add(.wrongValue, family: family.name, count: shape.lineCount, detail: problem)
                continue
            }
            guard let labels = labels(of: metric, family, lines: shape.lineCount, &duplicates) else { continue }
            let place = labels.labels.firstIndex { shape.label.utf8.lexicographicallyPrecedes($0.name.utf8) }
            for (index, point) in shape.points.enumerated() {
                var list: [Label] = []
                list.reserveCapacity(labels.count + 1)
                list.append(contentsOf: labels.labels)
                list.insert(Label(shape.label, bounds.text(of: point.bound, at: index)), at: place ?? list.count)
                append(names.point, LabelSet(list), family, point.value, metric.timestamp)
            }
            append(names.sum, labels, family, shape.sum, metric.timestamp)
            append(names.count, labels, family, shape.count, metric.timestamp)
            remaining -= shape.lineCount
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
        _ duplicates: inout SampleReaderDuplicates
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
        let key = SampleReaderDuplicates.Key(labels: labels, timestamp: metric.timestamp ?? time)
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
        layout = SampleReaderLayout(for: labels, serviceLabels: serviceLabels)
        if layouts.count >= Self.layoutLimit { layouts.removeAll(keepingCapacity: true) }
        layouts.append(layout)
    }
}
