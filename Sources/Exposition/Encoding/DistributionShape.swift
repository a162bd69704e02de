/// A histogram or a summary as the lines that are written of it.
package struct DistributionShape {
    /// What the lines with a bound add to the family's name.
    package let suffix: String
    /// The label that holds the bound.
    package let label: String
    /// The bounds and their values.
    package let points: [(bound: Double, value: Double)]
    package let sum: Double
    package let count: Double
    /// Why it cannot be written; nil if it can.
    package let problem: String?

    /// How many lines it takes.
    package var lineCount: Int { points.count + 2 }

    package init(_ histogram: HistogramValue) {
        suffix = "_bucket"
        label = "le"
        sum = histogram.sum
        count = histogram.count
        var points = histogram.buckets.map { (bound: $0.upperBound, value: $0.cumulativeCount) }
        if points.last?.bound != .infinity { points.append((.infinity, histogram.count)) }
        self.points = points
        problem =
            if !zip(points, points.dropFirst()).allSatisfy({ $0.bound < $1.bound }) {
                "the bounds of the buckets do not rise"
            } else if !(histogram.count >= 0) || !points.allSatisfy({ $0.value >= 0 }) {
                "a count is not a number from zero up"
            } else if !zip(points, points.dropFirst()).allSatisfy({ $0.value <= $1.value }) {
                "the counts of the buckets are not cumulative"
            } else {
                nil
            }
    }

    package init(_ summary: SummaryValue) {
        suffix = ""
        label = "quantile"
        sum = summary.sum
        count = summary.count
        let points = summary.quantiles.map { (bound: $0.quantile, value: $0.value) }.sorted { $0.bound < $1.bound }
        self.points = points
        problem =
            if !points.allSatisfy({ $0.bound >= 0 && $0.bound <= 1 }) {
                "a quantile is not between 0 and 1"
            } else if !zip(points, points.dropFirst()).allSatisfy({ $0.bound < $1.bound }) {
                "a quantile is there twice"
            } else if !(summary.count >= 0) {
                "the count is not a number from zero up"
            } else {
                nil
            }
    }
}
