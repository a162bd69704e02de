/// What tells one sample of a page from all others, as bytes: the name, the labels in the order of their names without
/// those that are empty (which means absent), and the timestamp.
struct SeriesKey: Hashable {
    private let bytes: [UInt8]

    /// The key of a line that was taken apart.
    init(_ line: SampleLine, in bytes: UnsafeBufferPointer<UInt8>) {
        var labels = line.labels.filter { !$0.value.isEmpty }
        let name = { (piece: SampleLine.Piece) in UnsafeBufferPointer(rebasing: bytes[piece.name]) }
        let isSorted = zip(labels, labels.dropFirst()).allSatisfy { Bytes.compare(name($0), name($1)) < 0 }
        if !isSorted { labels.sort { Bytes.compare(name($0), name($1)) < 0 } }

        var key: [UInt8] = []
        key.reserveCapacity(line.rest.upperBound - line.name.lowerBound)
        key.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[line.name]))
        for label in labels {
            // A newline cannot stand in either: it is escaped.
            key.append(UInt8(ascii: "\n"))
            key.append(contentsOf: name(label))
            key.append(UInt8(ascii: "\n"))
            key.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[label.value]))
        }
        if let space = bytes[line.rest].dropFirst().firstIndex(of: UInt8(ascii: " ")) {
            key.append(UInt8(ascii: "\n"))
            key.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[space..<line.rest.upperBound]))
        }
        self.bytes = key
    }

    /// The key of a line that cannot be taken apart: all of it.
    init(whole line: Range<Int>, in bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = Array(bytes[line])
    }
}
