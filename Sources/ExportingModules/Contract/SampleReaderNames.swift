import Exposition

/// Which names no page may hold.
enum SampleReaderNames {
    /// A name as a key, compared byte by byte: different spellings of one character are different names to others.
    struct Exact: Hashable {
        var text: String

        static func == (lhs: Exact, rhs: Exact) -> Bool { areSame(lhs.text, rhs.text) }

        func hash(into hasher: inout Hasher) {
            SampleReaderNames.withBytes(of: text) { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
            hasher.combine(0xFF as UInt8)
        }
    }

    /// Whether both are the same bytes.
    static func areSame(_ first: String, _ second: String) -> Bool {
        withBytes(of: first) { first in
            withBytes(of: second) { second in first.count == second.count && first.elementsEqual(second) }
        }
    }

    private static func withBytes<Result>(
        of text: String,
        _ body: (UnsafeBufferPointer<UInt8>) -> Result
    ) -> Result {
        if let result = text.utf8.withContiguousStorageIfAvailable(body) { return result }
        var copy = text
        return copy.withUTF8(body)
    }

    /// Why no format can carry a metric name; nil if it is legal.
    static func problem(withMetricName name: String) -> String? {
        if name.isEmpty { return "the name is empty" }
        if name.utf8.contains(0) { return "the name holds a zero character" }
        return nil
    }

    /// Why no format can carry a label name; nil if it is legal.
    static func problem(withLabelName name: String) -> String? {
        if name.isEmpty { return "a label name is empty" }
        if name.utf8.starts(with: "__".utf8) { return "the label name \(name.prefix(100)) begins with __" }
        if name.utf8.contains(0) { return "a label name holds a zero character" }
        return nil
    }
}

/// A histogram or a summary as the samples that it consists of.
struct SampleReaderShape {
    let kind: MetricKind
    /// The label that holds the bound.
    let label: String
    /// The bounds and their values.
    let points: [(bound: Double, value: Double)]
    let sum: Double
    let count: Double
    /// Why it cannot be written; nil if it can.
    let problem: String?

    /// How many samples it consists of.
    var lineCount: Int { points.count + 2 }

    /// Nil for a number.
    init?(_ value: MetricValue) {
        switch value {
        case .number: return nil
        case .histogram(let histogram): self.init(histogram)
        case .summary(let summary): self.init(summary)
        }
    }

    private init(_ histogram: HistogramValue) {
        (kind, label, sum, count) = (.histogram, "le", histogram.sum, histogram.count)
        var points = histogram.buckets.map { (bound: $0.upperBound, value: $0.cumulativeCount) }
        if points.last?.bound != .infinity { points.append((.infinity, histogram.count)) }
        self.points = points
        let pairs = zip(points, points.dropFirst())
        problem =
            if !pairs.allSatisfy({ $0.bound < $1.bound }) {
                "the bounds of the buckets do not rise"
            } else if !(histogram.count >= 0) || !points.allSatisfy({ $0.value >= 0 }) {
                "a count is not a number from zero up"
            } else if !pairs.allSatisfy({ $0.value <= $1.value }) {
                "the counts of the buckets are not cumulative"
            } else {
                nil
            }
    }

    private init(_ summary: SummaryValue) {
        (kind, label, sum, count) = (.summary, "quantile", summary.sum, summary.count)
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

/// The bounds of buckets and quantiles as text, in the layout of the exposition formats: that of Go's `strconv` with the
/// format `g` and the shortest digits. The metrics of a family mostly have the same bounds, so the last ones are kept.
struct SampleReaderBounds {
    private var texts: [(bound: Double, text: String)] = []

    /// The text of a bound that is the n-th of its metric.
    mutating func text(of bound: Double, at place: Int) -> String {
        if place < texts.count {
            if texts[place].bound.bitPattern == bound.bitPattern { return texts[place].text }
            texts[place] = (bound, Self.text(bound))
            return texts[place].text
        }
        let text = Self.text(bound)
        texts.append((bound, text))
        return text
    }

    static func text(_ value: Double) -> String {
        guard value.isFinite else { return value.isNaN ? "NaN" : value > 0 ? "+Inf" : "-Inf" }
        let sign = value < 0 ? "-" : ""
        let (digits, point) = decimal(value.magnitude)
        guard !digits.isEmpty else { return "0" }
        let exponent = point - 1
        if exponent < -4 || exponent >= 6 {
            let fraction = digits.count > 1 ? "." + digits.dropFirst() : ""
            let size = String(exponent.magnitude)
            let padded = size.count < 2 ? "0" + size : size
            return sign + digits.prefix(1) + fraction + (exponent < 0 ? "e-" : "e+") + padded
        }
        if point <= 0 { return sign + "0." + String(repeating: "0", count: -point) + digits }
        if point >= digits.count { return sign + digits + String(repeating: "0", count: point - digits.count) }
        return sign + digits.prefix(point) + "." + digits.dropFirst(point)
    }

    /// The shortest digits, without zeros at either end, and how many of them stand before the point.
    private static func decimal(_ magnitude: Double) -> (digits: String, point: Int) {
        let parts = magnitude.description.split(separator: "e")
        let number = (parts.first ?? "0").split(separator: ".", omittingEmptySubsequences: false)
        let whole = number.first ?? ""
        let fraction = number.count > 1 ? number[1] : ""
        var digits = String(whole + fraction)
        var point = whole.count + (parts.count > 1 ? Int(parts[1]) ?? 0 : 0)
        while digits.hasSuffix("0") { digits.removeLast() }
        while digits.hasPrefix("0") {
            digits.removeFirst()
            point -= 1
        }
        return (digits, point)
    }
}
