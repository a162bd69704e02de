/// What is drawn of a series, in a bounded number of pieces: when there are too many, two neighbours become one. So it can
/// be filled while values come, without knowing how many there will be.
public struct PlotTrace: Sendable, Hashable {
    /// A range of values.
    struct Range: Sendable, Hashable {
        var least: Double
        var most: Double

        init(_ value: Double) {
            least = value
            most = value
        }

        mutating func include(_ other: Range) {
            least = min(least, other.least)
            most = max(most, other.most)
        }

        /// The range that has both in it.
        static func union(_ first: Range?, _ second: Range?) -> Range? {
            guard var result = first else { return second }
            if let second { result.include(second) }
            return result
        }
    }

    /// Some values in a row.
    struct Piece: Sendable, Hashable {
        var first: Int64
        var last: Int64
        var values: Range
        var upper: Range?
        var lower: Range?
        /// The largest of the values that were flagged for being large.
        var up: Double?
        /// The smallest of the values that were flagged for being small.
        var down: Double?
        /// Whether there were no values before it.
        var isAfterGap: Bool
        var count = 1

        mutating func include(_ other: Piece) {
            last = other.last
            values.include(other.values)
            upper = Range.union(upper, other.upper)
            lower = Range.union(lower, other.lower)
            up = [up, other.up].compactMap(\.self).max()
            down = [down, other.down].compactMap(\.self).min()
            count &+= other.count
        }
    }

    /// The pieces, by time.
    private(set) var pieces: [Piece] = []
    /// How many values one piece is of, the last one excepted.
    private(set) var valuesPerPiece = 1
    private let mostPieces: Int
    private var isAfterGap = false

    /// Creates a trace.
    ///
    /// - Parameter mostPieces: How many pieces it may have: some for each pixel of the plot.
    public init(mostPieces: Int = 8192) {
        self.mostPieces = max(2, mostPieces)
    }

    /// Values of a larger magnitude are drawn as if they had this one, so that no difference of two is infinite.
    private static let largest = 1e300

    mutating func addGap() {
        isAfterGap = true
    }

    /// Adds a value with the thresholds that were in force before it.
    mutating func add(_ step: SpotStep, at time: Int64, upper: Double?, lower: Double?) {
        guard !step.value.isNaN else {
            isAfterGap = true
            return
        }
        let value = min(max(step.value, -Self.largest), Self.largest)
        let isUp = step.isAlarm && step.side == .up
        let isDown = step.isAlarm && step.side == .down
        let piece = Piece(
            first: time,
            last: time,
            values: Range(value),
            upper: upper.flatMap { abs($0) <= Self.largest ? Range($0) : nil },
            lower: lower.flatMap { abs($0) <= Self.largest ? Range($0) : nil },
            up: isUp ? value : nil,
            down: isDown ? value : nil,
            isAfterGap: isAfterGap
        )
        isAfterGap = false
        if let last = pieces.indices.last, pieces[last].count < valuesPerPiece {
            pieces[last].include(piece)
            return
        }
        pieces.append(piece)
        if pieces.count > mostPieces { halve() }
    }

    private mutating func halve() {
        var halved: [Piece] = []
        halved.reserveCapacity(pieces.count)
        for index in stride(from: 0, to: pieces.count, by: 2) {
            var piece = pieces[index]
            if index + 1 < pieces.count { piece.include(pieces[index + 1]) }
            halved.append(piece)
        }
        pieces = halved
        valuesPerPiece *= 2
    }
}
