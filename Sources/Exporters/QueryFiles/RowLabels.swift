import Exposition

/// The label sets of a result's rows, kept for the next result of the same query.
///
/// Rows mostly have the same labels as the last time, and to see that costs less than to make them anew.
struct RowLabels: Sendable {
    /// Of how many rows label sets are kept.
    static let limit = 1_000

    /// One for each row, or one for all if no column goes into it; by shape, if they were needed.
    private var sets: [[LabelSet]?] = []
    private var last: [[LabelSet]?] = []

    /// Begins a result: what there is belongs to the last one.
    mutating func begin(_ shapeCount: Int) {
        last = sets.map { sets in sets.flatMap { $0.count > Self.limit ? nil : $0 } }
        while last.count < shapeCount { last.append(nil) }
        sets = Array(repeating: nil, count: shapeCount)
    }

    /// The label sets of a shape, made when they are first asked for.
    mutating func sets(
        _ index: Int,
        _ shape: QueryBinding.Shape,
        _ rowCount: Int,
        _ table: some ResultTable
    ) -> [LabelSet] {
        if let sets = sets[index] { return sets }
        let known = last[index] ?? []
        let count = shape.hasColumns ? rowCount : 1
        // Nothing is copied as long as all rows are known.
        var made = known.count == count ? known : []
        if made.isEmpty { made.reserveCapacity(count) }
        for row in 0..<count {
            let isKnown = row < known.count && shape.describes(known[row], row, table)
            if row < made.count {
                if !isKnown { made[row] = shape.labels(row, table) }
            } else {
                made.append(isKnown ? known[row] : shape.labels(row, table))
            }
        }
        sets[index] = made
        last[index] = nil
        return made
    }
}

extension QueryBinding.Shape {
    /// The labels of a row.
    fileprivate func labels(_ row: Int, _ table: some ResultTable) -> LabelSet {
        LabelSet(
            parts.map { part in
                switch part {
                case .fixed(let label): label
                case .column(let name, let column): Label(name, table.value(row: row, column: column).labelText)
                }
            }
        )
    }

    /// Whether a set that was made with this recipe has the values of a row.
    fileprivate func describes(_ set: LabelSet, _ row: Int, _ table: some ResultTable) -> Bool {
        // Of two labels with one name only one is left.
        guard set.labels.count == parts.count else { return false }
        for index in parts.indices {
            guard case .column(_, let column) = parts[index] else { continue }
            guard table.hasLabelText(set.labels[index].value, row: row, column: column) else { return false }
        }
        return true
    }
}
