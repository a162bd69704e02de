import Exposition

/// The four columns of a histogram: bounds, cumulative counts, sum and count.
struct HistogramColumns {
    static let suffixes = ["_bucket", "_sum", "_count"]

    var bounds: Int
    var buckets: Int
    var sum: Int
    var count: Int

    enum Outcome {
        case value(HistogramValue)
        /// Something is NULL.
        case null
        case wrong(String)
    }

    func read(_ table: some ResultTable, row: Int, scale: Double?) -> Outcome {
        let cells = [bounds, buckets, sum, count].map { table.value(row: row, column: $0) }
        if cells.contains(.null) { return .null }
        guard let bounds = cells[0].numbers, let counts = cells[1].numbers else {
            return .wrong("expected arrays of bounds and counts, found \(cells[0].found) and \(cells[1].found)")
        }
        guard let sum = cells[2].number, let count = cells[3].number else {
            return .wrong("expected a sum and a count, found \(cells[2].found) and \(cells[3].found)")
        }
        guard bounds.count == counts.count else {
            return .wrong("\(bounds.count) bounds and \(counts.count) counts")
        }
        var buckets: [HistogramValue.Bucket] = []
        buckets.reserveCapacity(bounds.count)
        for (bound, cumulative) in zip(bounds, counts) {
            guard let bound, let cumulative, !bound.isNaN, cumulative >= 0 else {
                return .wrong("a bound or a count is not a number")
            }
            let scaled = bound * (scale ?? 1)
            if let last = buckets.last, last.upperBound >= scaled || last.cumulativeCount > cumulative {
                return .wrong("bounds and cumulative counts must rise")
            }
            buckets.append(.init(upperBound: scaled, cumulativeCount: cumulative))
        }
        guard count >= buckets.last?.cumulativeCount ?? 0 else {
            return .wrong("the count \(count) is below the last bucket's")
        }
        return .value(HistogramValue(buckets: buckets, sum: sum * (scale ?? 1), count: count))
    }
}
