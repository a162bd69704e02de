import Exposition
import Settings

/// A column that a file names, and where it does, so that a result without it can be traced to its line.
struct ColumnReference: Sendable, Hashable {
    var name: String
    var position: Position
    var path: String

    init(_ name: String, at node: SettingsNode) {
        self.init(name, position: node.position, path: node.path)
    }

    init(_ name: String, position: Position, path: String) {
        self.name = name
        self.position = position
        self.path = path
    }
}

/// A label whose value comes from a column.
struct LabelColumn: Sendable, Hashable {
    var label: String
    var column: ColumnReference
}

/// What happens to a sample whose value is NULL.
enum NullPolicy: Sendable, Hashable {
    case skip
    case nan
    case zero
}

/// How a value becomes the number that is exported.
struct Conversion: Sendable, Hashable {
    /// Text to number; other texts are wrong values then.
    var mapping: [String: Double]?
    /// Whether the text of a duration becomes milliseconds.
    var isDuration = false
    /// A factor.
    var scale: Double?

    var isPlain: Bool { mapping == nil && !isDuration && scale == nil }
}

/// How the rows of a result become samples of one or more families: one entry of a file's `metrics`.
struct MetricRule: Sendable, Hashable {
    enum Naming: Sendable, Hashable {
        case fixed(String)
        case column(ColumnReference, prefix: String)
    }

    enum Source: Sendable, Hashable {
        /// No value but 1: an info metric.
        case one
        case column(ColumnReference)
        /// One sample per column; the label's value is the column's name.
        case columns([ColumnReference], label: String)
        /// The column of the bounds; `_bucket`, `_sum` and `_count` stand beside it.
        case histogram(ColumnReference)
    }

    var naming: Naming
    var kind: MetricKind
    var source: Source
    var conversion = Conversion()
    var labels: [LabelColumn] = []
    var staticLabels: [Label] = []
    var onNull = NullPolicy.skip
    var help = ""
    var helpColumn: ColumnReference?
    var timestamp: ColumnReference?
    /// Where the entry stands.
    var position: Position
    var path: String

    /// The value columns.
    var valueColumns: [ColumnReference] {
        switch source {
        case .one: []
        case .column(let column), .histogram(let column): [column]
        case .columns(let columns, _): columns
        }
    }
}

/// The columns that no entry names become samples of unknown kind, as postgres_exporter has it.
struct UnlistedColumns: Sendable, Hashable {
    /// Stands before the column's name.
    var prefix: String
    /// The help text.
    var help: String
    /// The labels.
    var labels: [LabelColumn]
    /// The columns that are listed, discarded ones included.
    var listed: Set<String>
}
