import Exposition

extension QueryDefinition {
    /// Turns the rows of a result into families.
    ///
    /// - Throws: ``QueryMappingError`` if the result lacks columns that the metrics need.
    public func families(from table: some ResultTable) throws(QueryMappingError) -> QueryResult {
        try QueryBinding(self, columnNames: table.columnNames).families(from: table)
    }
}

extension QueryBinding {
    /// Turns the rows of a result with these columns into families. Values that cannot be exported are left out and
    /// named; the others stay.
    public func families(from table: some ResultTable) -> QueryResult {
        var labels = RowLabels()
        return families(from: table, &labels)
    }

    /// Does the same with the label sets of the last result, of which it leaves this one's behind.
    func families(from table: some ResultTable, _ labels: inout RowLabels) -> QueryResult {
        let rowCount = isFirstRowOnly ? min(1, table.rowCount) : table.rowCount
        labels.begin(shapes.count)
        var rows = RowReader(self, rowCount: rowCount, labels)
        for metric in metrics { rows.read(metric, table) }
        labels = rows.labels
        return rows.result()
    }
}

/// Reads the rows of one result.
private struct RowReader {
    private struct ProblemKey: Hashable {
        var reason: SampleProblem.Reason
        var family: String
        var column: String
    }

    private(set) var labels: RowLabels

    private let shapes: [QueryBinding.Shape]
    private let rowCount: Int
    /// Without metrics.
    private var families: [MetricFamily]
    /// The metrics of each family.
    private var metrics: [[Metric]]
    /// Families whose names come from rows.
    private var named: [String: Int] = [:]
    private var problems: [SampleProblem] = []
    private var problemIndex: [ProblemKey: Int] = [:]

    init(_ binding: QueryBinding, rowCount: Int, _ labels: RowLabels) {
        shapes = binding.shapes
        self.rowCount = rowCount
        self.labels = labels
        families = binding.families
        metrics = Array(repeating: [], count: families.count)
    }

    consuming func result() -> QueryResult {
        var result: [MetricFamily] = []
        result.reserveCapacity(families.count)
        for index in families.indices where !metrics[index].isEmpty {
            result.append(families[index])
            result[result.count - 1].metrics = metrics[index]
        }
        return QueryResult(families: result, problems: problems)
    }

    mutating func read(_ metric: QueryBinding.BoundMetric, _ table: some ResultTable) {
        guard rowCount > 0 else { return }
        let sets = labels.sets(metric.shape, shapes[metric.shape], rowCount, table)
        let isShared = sets.count == 1
        if let (family, column) = metric.plainNumbers {
            metrics[family].reserveCapacity(metrics[family].count + rowCount)
            for row in 0..<rowCount {
                let number = table.number(row: row, column: column)
                guard let number = number ?? self.number(metric, table.value(row: row, column: column)) else {
                    continue
                }
                metrics[family].append(Metric(labels: sets[isShared ? 0 : row], number))
            }
            return
        }
        for row in 0..<rowCount {
            guard let value = value(metric, row, table) else { continue }
            var timestamp: Int64?
            if let column = metric.timestamp {
                guard let time = time(metric, table.value(row: row, column: column)) else { continue }
                timestamp = time
            }
            guard let family = family(metric, row, table) else { continue }
            metrics[family].append(Metric(labels: sets[isShared ? 0 : row], value: value, timestamp: timestamp))
        }
    }

    // MARK: - Values

    private mutating func value(
        _ metric: QueryBinding.BoundMetric,
        _ row: Int,
        _ table: some ResultTable
    ) -> MetricValue? {
        switch metric.source {
        case .one:
            return .number(1)
        case .number(let column):
            return number(metric, table.value(row: row, column: column)).map { .number($0) }
        case .histogram(let columns):
            switch columns.read(table, row: row, scale: metric.conversion.scale) {
            case .value(let value): return .histogram(value)
            case .null: return nil
            case .wrong(let message):
                note(.wrongValue, metric, message)
                return nil
            }
        }
    }

    private mutating func number(_ metric: QueryBinding.BoundMetric, _ value: ColumnValue) -> Double? {
        if case .null = value {
            switch metric.onNull {
            case .skip: return nil
            case .nan: return .nan
            case .zero: return 0
            }
        }
        if metric.conversion.isPlain {
            if let number = value.number { return number }
            if !metric.ignoresText { note(.wrongValue, metric, "expected a number, found \(value.found)") }
            return nil
        }
        guard let number = convert(metric, value) else { return nil }
        return number * (metric.conversion.scale ?? 1)
    }

    private mutating func convert(_ metric: QueryBinding.BoundMetric, _ value: ColumnValue) -> Double? {
        if let mapping = metric.conversion.mapping {
            if let number = mapping[value.labelText] { return number }
            note(.wrongValue, metric, "the mapping has no entry for \(value.found)")
            return nil
        }
        if metric.conversion.isDuration {
            // "-1" is how PostgreSQL's settings say "off".
            if value.labelText == "-1" { return nil }
            if let number = IntervalText.milliseconds(value.labelText) { return number }
            note(.wrongValue, metric, "expected a duration with its unit, found \(value.found)")
            return nil
        }
        if let number = value.number { return number }
        note(.wrongValue, metric, "expected a number, found \(value.found)")
        return nil
    }

    /// Milliseconds since 1970; nil if it is NULL or out of range.
    private mutating func time(_ metric: QueryBinding.BoundMetric, _ value: ColumnValue) -> Int64? {
        if case .null = value { return nil }
        if let seconds = value.number, let time = Int64(exactly: (seconds * 1_000).rounded()) { return time }
        note(.wrongValue, metric, "expected a time in seconds since 1970, found \(value.found)")
        return nil
    }

    // MARK: - Families

    private mutating func family(_ metric: QueryBinding.BoundMetric, _ row: Int, _ table: some ResultTable) -> Int? {
        switch metric.name {
        case .family(let index):
            if let column = metric.helpColumn, families[index].help.isEmpty {
                families[index].help = table.value(row: row, column: column).labelText
            }
            return index
        case .column(let column, let prefix):
            let name = prefix + table.value(row: row, column: column).labelText
            if let index = named[name] { return index }
            guard MetricName.isLegal(name) else {
                note(.illegalName, metric, "\"\(name.prefix(80))\" is not a legal metric name")
                return nil
            }
            let help = metric.helpColumn.map { table.value(row: row, column: $0).labelText } ?? metric.help
            named[name] = families.count
            families.append(MetricFamily(name: name, kind: metric.kind, help: help))
            metrics.append([])
            return families.count - 1
        }
    }

    // MARK: - Problems

    private mutating func note(
        _ reason: SampleProblem.Reason,
        _ metric: QueryBinding.BoundMetric,
        _ message: String
    ) {
        let family =
            switch metric.name {
            case .family(let index): families[index].name
            case .column(_, let prefix): prefix
            }
        let key = ProblemKey(reason: reason, family: family, column: metric.columnName)
        if let index = problemIndex[key] {
            problems[index].count += 1
        } else {
            problemIndex[key] = problems.count
            let detail = metric.columnName.isEmpty ? message : "column \"\(metric.columnName)\": \(message)"
            problems.append(SampleProblem(reason: reason, family: family, detail: detail))
        }
    }
}
