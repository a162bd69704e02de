/// The names of our tables, in quotation marks as they are written in SQL.
struct SQLNames: Sendable, Hashable {
    /// The longest name of a table that is taken: PostgreSQL cuts names off at 63 bytes, and some of ours are made by adding
    /// a word.
    static let maximumLength = 40

    /// The schema alone; nil for the one that the server searches first.
    let schema: String?
    let samplesTable: String
    let alertsTable: String

    /// The number, the time and the value of each sample.
    var samples: String { qualified(samplesTable) }
    /// The names and the labels of the series.
    var series: String { qualified("\(samplesTable)_series") }
    /// Both joined.
    var view: String { qualified("\(samplesTable)_view") }
    /// One row per alert.
    var alerts: String { qualified(alertsTable) }
    /// Which version the tables have.
    var versions: String { qualified("muster_versions") }

    /// A name in quotation marks, after its schema.
    func qualified(_ name: String) -> String {
        schema.map { "\(Self.quoted($0)).\(Self.quoted(name))" } ?? Self.quoted(name)
    }

    /// A name in quotation marks.
    static func quoted(_ name: String) -> String { "\"\(name.replacing("\"", with: "\"\""))\"" }

    /// Why a text is no name; nil if it is one.
    static func problem(_ name: String) -> String? {
        if name.isEmpty || name.utf8.count > maximumLength { return "expected a name of 1 to \(maximumLength) bytes" }
        return name.utf8.contains(0) ? "expected a name without a NUL" : nil
    }
}
