/// One sample line of an encoded family, taken apart without copying. Positions count from the beginning of the body.
///
/// It reads the layout that the encoder writes and that ``EncodedFamily`` asks for: no space but before the value and
/// the timestamp. Any other line is not taken apart.
struct SampleLine {
    /// One label of the line.
    struct Piece {
        /// The name, without quotes, still escaped if it was quoted.
        var name: Range<Int>
        var isQuoted: Bool
        /// The value, without quotes, still escaped.
        var value: Range<Int>
    }

    /// The name, without quotes, still escaped if it was quoted.
    private(set) var name = 0..<0
    private(set) var isNameQuoted = false
    private(set) var labels: [Piece] = []
    /// The value and the timestamp, from the space before them on, without the newline.
    private(set) var rest = 0..<0

    /// Takes a line apart; returns false if it cannot be.
    mutating func parse(_ bytes: UnsafeBufferPointer<UInt8>, _ line: Range<Int>) -> Bool {
        labels.removeAll(keepingCapacity: true)
        var index = line.lowerBound
        let end = line.upperBound
        guard index < end else { return false }
        var hasLabels: Bool
        if bytes[index] == UInt8(ascii: "{") {
            guard let quoted = Self.quoted(bytes, index + 1, end) else { return false }
            (name, isNameQuoted) = (quoted, true)
            index = quoted.upperBound + 1
            guard index < end else { return false }
            hasLabels = bytes[index] == UInt8(ascii: ",")
            if !hasLabels, bytes[index] != UInt8(ascii: "}") { return false }
            index += 1
        } else {
            while index < end, bytes[index] != UInt8(ascii: "{"), bytes[index] != UInt8(ascii: " ") { index += 1 }
            guard index < end, index > line.lowerBound else { return false }
            (name, isNameQuoted) = (line.lowerBound..<index, false)
            hasLabels = bytes[index] == UInt8(ascii: "{")
            if hasLabels { index += 1 }
        }
        while hasLabels {
            guard let next = parseLabel(bytes, index, end), next < end else { return false }
            hasLabels = bytes[next] == UInt8(ascii: ",")
            if !hasLabels, bytes[next] != UInt8(ascii: "}") { return false }
            index = next + 1
        }
        guard index < end, bytes[index] == UInt8(ascii: " ") else { return false }
        rest = index..<end
        return true
    }

    /// Reads one label and returns where it ends.
    private mutating func parseLabel(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Int? {
        var index = start
        let labelName: Range<Int>
        let isQuoted = index < end && bytes[index] == UInt8(ascii: "\"")
        if isQuoted {
            guard let quoted = Self.quoted(bytes, index, end) else { return nil }
            labelName = quoted
            index = quoted.upperBound + 1
        } else {
            while index < end, bytes[index] != UInt8(ascii: "=") { index += 1 }
            labelName = start..<index
        }
        guard index < end, bytes[index] == UInt8(ascii: "="),
            let value = Self.quoted(bytes, index + 1, end)
        else { return nil }
        labels.append(Piece(name: labelName, isQuoted: isQuoted, value: value))
        return value.upperBound + 1
    }

    /// What stands between the quote at `start` and the one that ends it.
    private static func quoted(_ bytes: UnsafeBufferPointer<UInt8>, _ start: Int, _ end: Int) -> Range<Int>? {
        guard start < end, bytes[start] == UInt8(ascii: "\"") else { return nil }
        var index = start + 1
        while index < end {
            switch bytes[index] {
            case UInt8(ascii: "\""): return (start + 1)..<index
            case UInt8(ascii: "\\"): index += 2
            default: index += 1
            }
        }
        return nil
    }

    /// Calls `body` with each line of a body, without its newline.
    static func forEach(in bytes: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) -> Void) {
        var start = 0
        while start < bytes.count {
            let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: start) ?? bytes.count
            body(start..<end)
            start = end + 1
        }
    }
}
