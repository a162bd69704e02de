/// Reads the text format 0.0.4 with UTF-8 names: takes what Prometheus takes, and refuses what it refuses.
///
/// Any bytes may be given. Memory is bounded by the size of the page. Besides what Prometheus' parser refuses, names
/// that are not UTF-8 are refused here, which Prometheus does right after parsing.
///
/// ```swift
/// var parser = TextParser(page)
/// while let event = try parser.next() {
///     if case .sample(let sample) = event { print(sample.name, sample.value) }
/// }
/// ```
public struct TextParser {
    private var lexer: TextLexer
    private var sample: TextSample
    /// Where the current entry starts.
    private var start = 0

    /// Creates a parser of a page.
    public init(_ page: [UInt8]) {
        var page = page
        page.append(UInt8(ascii: "\n"))
        lexer = TextLexer(page)
        sample = TextSample(page: page)
    }

    /// Calls `body` with everything in a page, in order.
    ///
    /// - Throws: ``TextParseError`` at the first thing that is wrong, or what `body` throws.
    public static func forEach(in page: [UInt8], _ body: (TextEvent) throws -> Void) throws {
        var parser = TextParser(page)
        while let event = try parser.next() { try body(event) }
    }

    /// The next thing in the page; nil at its end.
    public mutating func next() throws(TextParseError) -> TextEvent? {
        while true {
            start = lexer.position
            switch lexer.nextToken() {
            case .end: return nil
            case .lineBreak: continue
            case .help: return try help()
            case .type: return try type()
            case .comment: return try comment()
            case .braceOpen: return try braces()
            case .metricName: return try plain()
            case let token: throw unexpected("expected a valid start token", token)
            }
        }
    }

    // MARK: Comments

    private mutating func comment() throws(TextParseError) -> TextEvent {
        let text = token
        let next = lexer.nextToken()
        guard next == .lineBreak else { throw unexpected("linebreak expected after comment", next) }
        return .comment(text)
    }

    private mutating func help() throws(TextParseError) -> TextEvent {
        let (name, text) = try metadata("HELP")
        guard Self.isUTF8(text) else {
            throw failure("help text \(String(goQuoting: text)) is not a valid utf8 string")
        }
        try endOfMetadata()
        return .help(name: name, text: Self.unescapeHelp(text))
    }

    private mutating func type() throws(TextParseError) -> TextEvent {
        let (name, text) = try metadata("TYPE")
        let kind: MetricKind
        switch String(decoding: text, as: UTF8.self) {
        case "counter": kind = .counter
        case "gauge": kind = .gauge
        case "histogram": kind = .histogram
        case "summary": kind = .summary
        case "untyped": kind = .unknown
        default: throw failure("invalid metric type \(String(goQuoting: text))")
        }
        try endOfMetadata()
        return .type(name: name, kind: kind)
    }

    private mutating func metadata(_ keyword: String) throws(TextParseError) -> (String, ArraySlice<UInt8>) {
        let first = lexer.nextToken()
        guard first == .metricName else { throw unexpected("expected metric name after \(keyword)", first) }
        var range = lexer.start..<lexer.position
        let isQuoted = lexer.bytes[range.lowerBound] == UInt8(ascii: "\"")
        if isQuoted { range = (range.lowerBound + 1)..<(range.upperBound - 1) }
        guard Self.isUTF8(lexer.bytes[range]) else { throw failure("invalid UTF-8 metric name: \(quotedToken)") }
        let name = lexer.bytes[range].withUnsafeBufferPointer { bytes in
            isQuoted ? Transcoder.unescape(bytes) : String(decoding: bytes, as: UTF8.self)
        }
        let second = lexer.nextToken()
        guard second == .text else { throw failure("expected text in \(keyword), got \(second.rawValue)") }
        return (name, token.dropFirst())
    }

    private mutating func endOfMetadata() throws(TextParseError) {
        let next = lexer.nextToken()
        guard next == .lineBreak else { throw unexpected("linebreak expected after metadata", next) }
    }

    // MARK: Samples

    private mutating func plain() throws(TextParseError) -> TextEvent {
        sample.nameRange = lexer.start..<lexer.position
        sample.isNameQuoted = false
        sample.labelRanges.removeAll(keepingCapacity: true)
        sample.seriesRange = sample.nameRange
        var next = lexer.nextToken()
        if next == .braceOpen {
            var hasName = true
            try labels(&hasName)
            sample.seriesRange = sample.nameRange.lowerBound..<lexer.position
            next = lexer.nextToken()
        }
        return try numbers(next)
    }

    private mutating func braces() throws(TextParseError) -> TextEvent {
        let first = lexer.start
        sample.labelRanges.removeAll(keepingCapacity: true)
        var hasName = false
        try labels(&hasName)
        sample.seriesRange = first..<lexer.position
        let next = lexer.nextToken()
        guard hasName else {
            throw failure("metric name not set while parsing: \(quotedEntry(until: lexer.position))")
        }
        return try numbers(next)
    }

    private mutating func labels(_ hasName: inout Bool) throws(TextParseError) {
        var next = lexer.nextToken()
        while next != .braceClose {
            var name = lexer.start..<lexer.position
            let isQuoted = next == .quotedString
            guard isQuoted || next == .labelName else { throw unexpected("expected label name", next) }
            if isQuoted {
                name = (name.lowerBound + 1)..<(name.upperBound - 1)
                guard Self.isUTF8(lexer.bytes[name]) else { throw failure("invalid UTF-8 name: \(quotedToken)") }
            }
            next = lexer.nextToken()
            // A quoted string with nothing after it is the name of the metric.
            if isQuoted, next == .comma || next == .braceClose {
                if hasName {
                    throw failure("metric name already set while parsing: \(quotedEntry(until: lexer.position))")
                }
                hasName = true
                (sample.nameRange, sample.isNameQuoted) = (name, true)
                if next == .braceClose { return }
                next = lexer.nextToken()
                continue
            }
            guard next == .equal else { throw unexpected("expected equal", next) }
            next = lexer.nextToken()
            guard next == .labelValue else { throw unexpected("expected label value", next) }
            let value = (lexer.start + 1)..<(lexer.valueEnd - 1)
            guard Self.isUTF8(lexer.bytes[value]) else { throw failure("invalid UTF-8 label value: \(quotedToken)") }
            sample.labelRanges.append(TextSample.Label(name: name, isQuoted: isQuoted, value: value))
            next = lexer.nextToken()
            if next == .comma { next = lexer.nextToken() }
        }
    }

    private mutating func numbers(_ first: TextLexer.Token) throws(TextParseError) -> TextEvent {
        guard first == .value else { throw unexpected("expected value after metric", first) }
        sample.valueRange = lexer.start..<lexer.position
        do {
            sample.value = try FloatText.parse(token)
        } catch {
            let problem =
                switch error {
                case .unsupported: "unsupported character in float"
                case .syntax: "strconv.ParseFloat: parsing \(quotedToken): invalid syntax"
                case .range: "strconv.ParseFloat: parsing \(quotedToken): value out of range"
                }
            throw failure("\(problem) while parsing: \(quotedEntry(until: lexer.position))")
        }
        sample.timestamp = nil
        switch lexer.nextToken() {
        case .lineBreak: break
        case .timestamp: try timestamp()
        case let next: throw unexpected("expected timestamp or new record", next)
        }
        return .sample(sample)
    }

    private mutating func timestamp() throws(TextParseError) {
        var value: Int64 = 0
        for byte in token {
            let (tens, overflow) = value.multipliedReportingOverflow(by: 10)
            let (sum, carry) = tens.addingReportingOverflow(Int64(byte - UInt8(ascii: "0")))
            if overflow || carry {
                let problem = "strconv.ParseInt: parsing \(quotedToken): value out of range"
                throw failure("\(problem) while parsing: \(quotedEntry(until: lexer.position))")
            }
            value = sum
        }
        sample.timestamp = value
        let next = lexer.nextToken()
        guard next == .lineBreak else { throw unexpected("expected next entry after timestamp", next) }
    }

    // MARK: Text and errors

    private var token: ArraySlice<UInt8> { lexer.bytes[lexer.start..<lexer.position] }

    private var quotedToken: String { String(goQuoting: token) }

    private func quotedEntry(until end: Int) -> String {
        String(goQuoting: lexer.bytes[start..<min(end, lexer.bytes.count)])
    }

    private func unexpected(_ expectation: String, _ token: TextLexer.Token) -> TextParseError {
        let end = min(lexer.bytes.count, lexer.position + 1)
        let found = String(goQuoting: lexer.bytes[lexer.start..<end])
        return failure("\(expectation), got \(found) (\"\(token.rawValue)\") while parsing: \(quotedEntry(until: end))")
    }

    func failure(_ message: String) -> TextParseError {
        let before = lexer.bytes[..<min(start, lexer.bytes.count)]
        return TextParseError(line: before.count { $0 == UInt8(ascii: "\n") } + 1, message: message)
    }

    @inline(__always)
    private static func isUTF8(_ bytes: ArraySlice<UInt8>) -> Bool {
        bytes.allSatisfy { $0 < 0x80 } || String(validating: bytes, as: UTF8.self) != nil
    }

    private static func unescapeHelp(_ text: ArraySlice<UInt8>) -> String {
        guard text.contains(UInt8(ascii: "\\")) else { return String(decoding: text, as: UTF8.self) }
        var result: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            switch (byte, rest.first) {
            case (UInt8(ascii: "\\"), UInt8(ascii: "n")):
                result.append(UInt8(ascii: "\n"))
                rest.removeFirst()
            case (UInt8(ascii: "\\"), UInt8(ascii: "\\")):
                result.append(byte)
                rest.removeFirst()
            default:
                result.append(byte)
            }
        }
        return String(decoding: result, as: UTF8.self)
    }
}
