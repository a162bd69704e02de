import Exposition
import Settings

/// A query's metrics bound to the columns of its result. Rows of the same columns can be read with it again and again.
public struct QueryBinding: Sendable {
    /// A label set's recipe: every metric with the same recipe shares the label sets of the rows.
    struct Shape: Sendable, Hashable {
        enum Part: Sendable, Hashable {
            case fixed(Label)
            case column(label: String, index: Int)

            var name: String {
                switch self {
                case .fixed(let label): label.name
                case .column(let label, _): label
                }
            }
        }

        /// Sorted by the UTF-8 bytes of their names.
        var parts: [Part]

        var hasColumns: Bool {
            parts.contains { part in
                if case .column = part { true } else { false }
            }
        }
    }

    /// A metric of the query. A class, so that reading rows does not count the references of all its parts.
    final class BoundMetric: Sendable {
        enum Name: Sendable {
            case family(Int)
            case column(Int, prefix: String)
        }

        enum Source: Sendable {
            case one
            case number(Int)
            case histogram(HistogramColumns)
        }

        let name: Name
        let kind: MetricKind
        let source: Source
        let shape: Int
        let conversion: Conversion
        let onNull: NullPolicy
        let help: String
        let helpColumn: Int?
        let timestamp: Int?
        /// Text that is not a number is no mistake: the column was not listed.
        let ignoresText: Bool
        let columnName: String

        /// The family and the column, if the numbers of a column go into a family as they are.
        var plainNumbers: (family: Int, column: Int)? {
            guard case .family(let family) = name, case .number(let column) = source, conversion.isPlain,
                helpColumn == nil, timestamp == nil
            else { return nil }
            return (family, column)
        }

        init(
            _ rule: MetricRule,
            name: Name,
            source: Source,
            shape: Int,
            helpColumn: Int?,
            timestamp: Int?,
            columnName: String
        ) {
            self.name = name
            self.source = source
            self.shape = shape
            self.helpColumn = helpColumn
            self.timestamp = timestamp
            self.columnName = columnName
            kind = rule.kind
            conversion = rule.conversion
            onNull = rule.onNull
            help = rule.help
            ignoresText = false
        }

        /// A column that is not listed.
        init(unlisted columnName: String, column: Int, family: Int, shape: Int, help: String) {
            name = .family(family)
            source = .number(column)
            self.shape = shape
            self.columnName = columnName
            self.help = help
            kind = .unknown
            conversion = Conversion()
            onNull = .skip
            helpColumn = nil
            timestamp = nil
            ignoresText = true
        }
    }

    /// The columns that it is for.
    public let columnNames: [String]

    var metrics: [BoundMetric] = []
    var shapes: [Shape] = []
    /// Families with a fixed name, without metrics.
    var families: [MetricFamily] = []
    let isFirstRowOnly: Bool
    private var shapeIndex: [Shape: Int] = [:]
    private var familyIndex: [String: Int] = [:]

    /// Binds.
    ///
    /// - Throws: ``QueryMappingError`` that names every column which a metric needs and the result lacks or has twice.
    public init(_ query: QueryDefinition, columnNames: [String]) throws(QueryMappingError) {
        self.columnNames = columnNames
        self.isFirstRowOnly = query.isFirstRowOnly
        var resolver = ColumnResolver(columnNames)
        if query.bindsByPosition { try resolver.allowPositions(query) }
        for rule in query.rules { bind(rule, &resolver) }
        if let unlisted = query.unlisted { bind(unlisted, query, &resolver) }
        if !resolver.problems.isEmpty { throw QueryMappingError(problems: resolver.problems) }
    }

    private mutating func bind(_ rule: MetricRule, _ resolver: inout ColumnResolver) {
        let name: BoundMetric.Name? =
            switch rule.naming {
            case .fixed(let name): .family(family(name, rule.kind, rule.help))
            case .column(let column, let prefix): resolver.index(column).map { .column($0, prefix: prefix) }
            }
        var parts: [Shape.Part] = rule.staticLabels.map { .fixed($0) }
        for label in rule.labels {
            if let index = resolver.index(label.column) { parts.append(.column(label: label.label, index: index)) }
        }
        let helpColumn = rule.helpColumn.flatMap { resolver.index($0) }
        let timestamp = rule.timestamp.flatMap { resolver.index($0) }
        guard let name else { return }
        func add(_ source: BoundMetric.Source, _ column: String, _ more: [Shape.Part] = []) {
            metrics.append(
                BoundMetric(
                    rule,
                    name: name,
                    source: source,
                    shape: shape(parts + more),
                    helpColumn: helpColumn,
                    timestamp: timestamp,
                    columnName: column
                )
            )
        }
        switch rule.source {
        case .one:
            add(.one, "")
        case .column(let column):
            if let index = resolver.index(column) { add(.number(index), column.name) }
        case .columns(let columns, let label):
            for column in columns {
                guard let index = resolver.index(column) else { continue }
                add(.number(index), column.name, [.fixed(Label(label, column.name))])
            }
        case .histogram(let column):
            let bounds = resolver.index(column)
            let others = HistogramColumns.suffixes.map { suffix in
                resolver.index(ColumnReference(column.name + suffix, position: column.position, path: column.path))
            }
            if let bounds, let buckets = others[0], let sum = others[1], let count = others[2] {
                let columns = HistogramColumns(bounds: bounds, buckets: buckets, sum: sum, count: count)
                add(.histogram(columns), column.name)
            }
        }
    }

    private mutating func bind(_ unlisted: UnlistedColumns, _ query: QueryDefinition, _ resolver: inout ColumnResolver)
    {
        // Labels are asked for here as well: a query may have no metric but these.
        let parts: [Shape.Part] = unlisted.labels.compactMap { label in
            resolver.index(label.column).map { .column(label: label.label, index: $0) }
        }
        for (index, column) in columnNames.enumerated() where !unlisted.listed.contains(column) {
            let name = unlisted.prefix + column
            guard MetricName.isLegal(name), familyIndex[name] == nil else { continue }
            metrics.append(
                BoundMetric(
                    unlisted: column,
                    column: index,
                    family: family(name, .unknown, unlisted.help),
                    shape: shape(parts),
                    help: unlisted.help
                )
            )
        }
    }

    private mutating func family(_ name: String, _ kind: MetricKind, _ help: String) -> Int {
        if let index = familyIndex[name] {
            if families[index].help.isEmpty { families[index].help = help }
            return index
        }
        familyIndex[name] = families.count
        families.append(MetricFamily(name: name, kind: kind, help: help))
        return families.count - 1
    }

    private mutating func shape(_ parts: [Shape.Part]) -> Int {
        let shape = Shape(parts: parts.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) })
        if let index = shapeIndex[shape] { return index }
        shapeIndex[shape] = shapes.count
        shapes.append(shape)
        return shapes.count - 1
    }
}
