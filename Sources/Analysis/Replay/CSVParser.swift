/// Reads tables of text as they come, in pieces of any size: RFC 4180 with commas, semicolons or tabs between fields, quoted
/// fields, and lines that end in LF, CR LF or CR.
///
/// A mark of byte order at the beginning and empty lines are left out. What is held is bounded by the longest record.
public struct CSVParser: Sendable {
    /// The fields of one line, or of several if a quoted field has line breaks.
    public struct Record: Sendable {
        /// The line that it begins on, counted from 1.
        public fileprivate(set) var line = 1
        /// What separates the fields.
        var separator = UInt8(ascii: ",")
        fileprivate var bytes: [UInt8] = []
        fileprivate var ends: [Int] = []

        /// The number of fields.
        public var count: Int { ends.count }

        /// The text of a field, without spaces around it; nil if there is none of that number, counted from 0.
        public subscript(index: Int) -> String? {
            guard let field = field(index) else { return nil }
            return String(decoding: field, as: UTF8.self)
        }

        /// The bytes of a field without spaces around them.
        func field(_ index: Int) -> ArraySlice<UInt8>? {
            guard ends.indices.contains(index) else { return nil }
            var field = bytes[(index == 0 ? 0 : ends[index - 1])..<ends[index]]
            while let first = field.first, first == 0x20 || first == 0x09 { field.removeFirst() }
            while let last = field.last, last == 0x20 || last == 0x09 { field.removeLast() }
            return field
        }
    }

    private enum State {
        case fieldStart
        case plain
        case quoted
        case quoteInQuoted
        case afterReturn
    }

    /// What separates fields; nil until it is found out from the first line.
    public private(set) var separator: UInt8?

    private let longestRecord: Int
    private let mostFields: Int
    private var state = State.fieldStart
    private var record = Record()
    private var line = 1
    private var quoteLine = 1
    /// The first line, as long as it is not known what separates fields.
    private var head: [UInt8] = []
    private var headIsQuoted = false
    private var isAtStart = true
    /// How much of a mark of byte order there was.
    private var markCount = 0

    /// Creates a parser.
    ///
    /// - Parameters:
    ///   - separator: What separates fields; nil to find out. A first line with a tab outside quotes is separated by tabs,
    ///     else one with a semicolon by semicolons, else by commas.
    ///   - longestRecord: The most bytes of a record.
    ///   - mostFields: The most fields of a record.
    public init(separator: UInt8? = nil, longestRecord: Int = 1 << 20, mostFields: Int = 4096) {
        self.separator = separator
        record.separator = separator ?? UInt8(ascii: ",")
        self.longestRecord = max(1, longestRecord)
        self.mostFields = max(1, mostFields)
    }

    /// Takes the next piece, and calls `body` with each record that is complete.
    ///
    /// - Throws: ``CSVError``, and what `body` throws. The parser is of no use afterwards.
    public mutating func read(
        _ bytes: some Sequence<UInt8>,
        _ body: (Record) throws(CSVError) -> Void
    ) throws(CSVError) {
        for byte in bytes {
            if separator != nil { try take(byte, body) } else { try takeHead(byte, body) }
        }
    }

    /// Says that no more comes.
    ///
    /// - Throws: ``CSVError`` if a quoted field has no end.
    public mutating func finish(_ body: (Record) throws(CSVError) -> Void) throws(CSVError) {
        if separator == nil { try chooseSeparator(body) }
        switch state {
        case .quoted: throw CSVError(line: quoteLine, message: "a quoted field has no end")
        case .fieldStart where record.ends.isEmpty: break
        case .afterReturn: break
        case .fieldStart, .plain, .quoteInQuoted: try endRecord(body)
        }
        state = .afterReturn
    }
}

// MARK: - The first line

extension CSVParser {
    private mutating func takeHead(
        _ byte: UInt8,
        _ body: (Record) throws(CSVError) -> Void
    ) throws(CSVError) {
        head.append(byte)
        guard head.count <= longestRecord else { throw tooLong }
        if byte == UInt8(ascii: "\"") { headIsQuoted.toggle() }
        let isEnd = (byte == 0x0A || byte == 0x0D) && !headIsQuoted
        if isEnd, head.contains(where: { $0 != 0x0A && $0 != 0x0D }) { try chooseSeparator(body) }
    }

    private mutating func chooseSeparator(_ body: (Record) throws(CSVError) -> Void) throws(CSVError) {
        var isQuoted = false
        var found: Set<UInt8> = []
        for byte in head {
            if byte == UInt8(ascii: "\"") { isQuoted.toggle() } else if !isQuoted { found.insert(byte) }
        }
        let candidates = [UInt8(ascii: "\t"), UInt8(ascii: ";")]
        separator = candidates.first { found.contains($0) } ?? UInt8(ascii: ",")
        record.separator = separator ?? UInt8(ascii: ",")
        let first = head
        head = []
        for byte in first { try take(byte, body) }
    }
}

// MARK: - Fields

extension CSVParser {
    private var tooLong: CSVError {
        CSVError(line: record.line, message: "longer than \(longestRecord) bytes")
    }

    @inline(__always)
    private mutating func take(_ byte: UInt8, _ body: (Record) throws(CSVError) -> Void) throws(CSVError) {
        if isAtStart { if skipsMark(byte) { return } }
        switch state {
        case .plain:
            switch byte {
            case separator: try endField()
            case 0x0A, 0x0D: try endLine(byte, body)
            default: try append(byte)
            }
        case .quoted:
            if byte == UInt8(ascii: "\"") {
                state = .quoteInQuoted
            } else {
                if byte == 0x0A { line += 1 }
                try append(byte)
            }
        case .quoteInQuoted:
            switch byte {
            case UInt8(ascii: "\""):
                try append(byte)
                state = .quoted
            case separator: try endField()
            case 0x0A, 0x0D: try endLine(byte, body)
            case 0x20: break
            default: throw CSVError(line: line, message: "text after a quoted field")
            }
        case .afterReturn:
            state = .fieldStart
            if byte != 0x0A { try takeFirst(byte, body) }
        case .fieldStart:
            try takeFirst(byte, body)
        }
    }

    private mutating func takeFirst(_ byte: UInt8, _ body: (Record) throws(CSVError) -> Void) throws(CSVError) {
        if record.ends.isEmpty, record.bytes.isEmpty { record.line = line }
        switch byte {
        case UInt8(ascii: "\""):
            state = .quoted
            quoteLine = line
        case separator: try endField()
        case 0x0A, 0x0D: try endLine(byte, body)
        default:
            state = .plain
            try append(byte)
        }
    }

    /// A mark of byte order is the three bytes EF BB BF.
    private mutating func skipsMark(_ byte: UInt8) -> Bool {
        let mark: [UInt8] = [0xEF, 0xBB, 0xBF]
        if markCount < mark.count, byte == mark[markCount] {
            markCount += 1
            if markCount == mark.count { isAtStart = false }
            return true
        }
        isAtStart = false
        if markCount > 0 {
            record.bytes = Array(mark.prefix(markCount))
            state = .plain
        }
        return false
    }

    @inline(__always)
    private mutating func append(_ byte: UInt8) throws(CSVError) {
        guard record.bytes.count < longestRecord else { throw tooLong }
        record.bytes.append(byte)
    }

    private mutating func endField() throws(CSVError) {
        guard record.ends.count + 1 < mostFields else {
            throw CSVError(line: record.line, message: "more than \(mostFields) fields")
        }
        record.ends.append(record.bytes.count)
        state = .fieldStart
    }

    private mutating func endLine(_ byte: UInt8, _ body: (Record) throws(CSVError) -> Void) throws(CSVError) {
        // An empty line is no record.
        if state != .fieldStart || !record.ends.isEmpty { try endRecord(body) }
        line += 1
        state = byte == 0x0D ? .afterReturn : .fieldStart
    }

    private mutating func endRecord(_ body: (Record) throws(CSVError) -> Void) throws(CSVError) {
        record.ends.append(record.bytes.count)
        try body(record)
        record.bytes.removeAll(keepingCapacity: true)
        record.ends.removeAll(keepingCapacity: true)
    }
}
