/// Reads what tells the sample lines of one family apart, from the layout that `EncodedFamily` asks for.
enum SeriesText {
    /// The labels of a line and its timestamp, as a key: without the name, which is the family's, without empty labels,
    /// which mean the same as none, and without the label that numbers the lines of one metric.
    ///
    /// - Parameters:
    ///   - line: The line, without its newline.
    ///   - numbering: `le` for histograms, `quantile` for summaries; nil for others.
    /// - Returns: The key, or nil if the line cannot be read.
    static func key(of line: ArraySlice<UInt8>, numbering: String?) -> [UInt8]? {
        var key: [UInt8] = []
        var index = line.firstIndex { $0 == UInt8(ascii: "{") || $0 == UInt8(ascii: " ") } ?? line.endIndex
        guard index < line.endIndex else { return nil }
        if line[index] == UInt8(ascii: "{") {
            var start = index + 1
            while true {
                guard let end = endOfPiece(in: line, from: start) else { return nil }
                append(line[start..<end], to: &key, numbering: numbering)
                start = end + 1
                if line[end] == UInt8(ascii: "}") { break }
            }
            index = start
        }
        guard index < line.endIndex, line[index] == UInt8(ascii: " ") else { return nil }
        if let timestamp = line[(index + 1)...].firstIndex(of: UInt8(ascii: " ")) {
            key.append(contentsOf: line[timestamp...])
        }
        return key
    }

    /// Where the piece between braces or commas that begins at `start` ends.
    private static func endOfPiece(in line: ArraySlice<UInt8>, from start: Int) -> Int? {
        var index = start
        var isQuoted = false
        while index < line.endIndex {
            switch line[index] {
            case UInt8(ascii: "\""): isQuoted.toggle()
            case UInt8(ascii: "\\") where isQuoted: index += 1
            case UInt8(ascii: ","), UInt8(ascii: "}"):
                if !isQuoted { return index }
            default: break
            }
            index += 1
        }
        return nil
    }

    private static func append(_ piece: ArraySlice<UInt8>, to key: inout [UInt8], numbering: String?) {
        // A piece that is no label is the quoted name of the family.
        guard let equals = endOfName(of: piece) else { return }
        let isEmpty = piece.endIndex - equals <= 3
        let isNumber = numbering.map { piece[..<equals].elementsEqual($0.utf8) } ?? false
        if isEmpty || isNumber { return }
        // A newline cannot stand in a label: it is escaped.
        key.append(UInt8(ascii: "\n"))
        key.append(contentsOf: piece)
    }

    /// Where the equals sign of `name="value"` or `"name"="value"` stands; nil if the piece is a name alone.
    private static func endOfName(of piece: ArraySlice<UInt8>) -> Int? {
        guard piece.first == UInt8(ascii: "\"") else { return piece.firstIndex(of: UInt8(ascii: "=")) }
        var index = piece.startIndex + 1
        while index < piece.endIndex, piece[index] != UInt8(ascii: "\"") {
            index += piece[index] == UInt8(ascii: "\\") ? 2 : 1
        }
        return index + 1 < piece.endIndex ? index + 1 : nil
    }
}
