/// Splits a page of the text format into tokens, with the same states and the same limits of tolerance as Prometheus.
///
/// The bytes must end in a newline, as ``TextParser`` sees to: no token reads beyond the last one.
struct TextLexer {
    /// The tokens; the raw values are what Prometheus calls them in errors.
    enum Token: String {
        case invalid = "INVALID"
        case end = "EOF"
        case lineBreak = "LINEBREAK"
        case whitespace = "WHITESPACE"
        case help = "HELP"
        case type = "TYPE"
        case text = "TEXT"
        case comment = "COMMENT"
        case metricName = "MNAME"
        case quotedString = "QSTRING"
        case braceOpen = "BOPEN"
        case braceClose = "BCLOSE"
        case labelName = "LNAME"
        case labelValue = "LVALUE"
        case comma = "COMMA"
        case equal = "EQUAL"
        case timestamp = "TIMESTAMP"
        case value = "VALUE"
    }

    private enum State {
        case initial, comment, metaName, metaText, labels, labelValue, value, timestamp
    }

    let bytes: [UInt8]
    /// Where the next token starts.
    private(set) var position = 0
    /// Where the last token started.
    private(set) var start = 0
    /// Where the last label value ended; zero bytes may follow it.
    private(set) var valueEnd = 0
    private var state = State.initial

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// The next token that is not whitespace.
    @inline(__always)
    mutating func nextToken() -> Token {
        while true {
            let token = lex()
            if token != .whitespace { return token }
        }
    }

    private mutating func lex() -> Token {
        guard position < bytes.count else { return .end }
        start = position
        let byte = bytes[position]
        switch state {
        case .initial: return lexInitial(byte)
        case .comment: return lexComment()
        case .metaName: return lexMetaName(byte)
        case .metaText: return lexMetaText(byte)
        case .labels: return lexLabels(byte)
        case .labelValue: return lexLabelValue(byte)
        case .value: return lexValue(byte)
        case .timestamp: return lexTimestamp(byte)
        }
    }

    // MARK: States

    private mutating func lexInitial(_ byte: UInt8) -> Token {
        switch byte {
        case UInt8(ascii: "#"):
            let next = advance()
            guard Self.isBlank(next) else { return consumeComment() }
            skipBlanks()
            state = .comment
            return lexComment()
        case UInt8(ascii: "\n"):
            advance()
            return .lineBreak
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
            return whitespace()
        case UInt8(ascii: "{"):
            advance()
            state = .labels
            return .braceOpen
        case 0:
            advance()
            return .end
        default:
            guard Self.isNameStart(byte, allowsColon: true) else { return .invalid }
            skipName(allowsColon: true)
            state = .value
            return .metricName
        }
    }

    private mutating func lexComment() -> Token {
        for (keyword, token) in [("HELP", Token.help), ("TYPE", Token.type)] where current == keyword.utf8.first {
            for byte in keyword.utf8 {
                guard current == byte else { return consumeComment() }
                advance()
            }
            guard Self.isBlank(current) else { return consumeComment() }
            skipBlanks()
            state = .metaName
            return token
        }
        return consumeComment()
    }

    private mutating func consumeComment() -> Token {
        while true {
            switch current {
            case 0:
                return .end
            case UInt8(ascii: "\n"):
                state = .initial
                return .comment
            default:
                advance()
            }
        }
    }

    private mutating func lexMetaName(_ byte: UInt8) -> Token {
        if Self.isBlank(byte) { return whitespace() }
        if byte == UInt8(ascii: "\"") {
            guard skipQuoted() else { return .invalid }
        } else {
            guard Self.isNameStart(byte, allowsColon: true) else { return .invalid }
            skipName(allowsColon: true)
        }
        state = .metaText
        return .metricName
    }

    private mutating func lexMetaText(_ byte: UInt8) -> Token {
        if Self.isBlank(byte) {
            skipBlanks()
            if current == 0 || current == UInt8(ascii: "\n") { return .whitespace }
        }
        while current != 0, current != UInt8(ascii: "\n") { advance() }
        state = .initial
        return .text
    }

    private mutating func lexLabels(_ byte: UInt8) -> Token {
        switch byte {
        case UInt8(ascii: "\""):
            return skipQuoted() ? .quotedString : .invalid
        case UInt8(ascii: ","):
            advance()
            return .comma
        case UInt8(ascii: "="):
            advance()
            state = .labelValue
            return .equal
        case UInt8(ascii: "}"):
            advance()
            state = .value
            return .braceClose
        case UInt8(ascii: " "), UInt8(ascii: "\t"):
            return whitespace()
        default:
            guard Self.isNameStart(byte, allowsColon: false) else { return .invalid }
            skipName(allowsColon: false)
            return .labelName
        }
    }

    private mutating func lexLabelValue(_ byte: UInt8) -> Token {
        if Self.isBlank(byte) { return whitespace() }
        guard byte == UInt8(ascii: "\""), skipQuoted() else { return .invalid }
        valueEnd = position
        while current == 0, position < bytes.count { position += 1 }
        state = .labels
        return .labelValue
    }

    private mutating func lexValue(_ byte: UInt8) -> Token {
        if Self.isBlank(byte) { return whitespace() }
        if byte == UInt8(ascii: "{") {
            advance()
            state = .labels
            return .braceOpen
        }
        guard Self.isValue(byte) else { return .invalid }
        while Self.isValue(current) { position += 1 }
        state = .timestamp
        return .value
    }

    private mutating func lexTimestamp(_ byte: UInt8) -> Token {
        if Self.isBlank(byte) { return whitespace() }
        if byte == UInt8(ascii: "\n") {
            advance()
            state = .initial
            return .lineBreak
        }
        guard Self.isDigit(byte) else { return .invalid }
        while Self.isDigit(current) { position += 1 }
        return .timestamp
    }

    // MARK: Bytes

    /// The byte at the position; zero at the end.
    private var current: UInt8 {
        @inline(__always) get { position < bytes.count ? bytes[position] : 0 }
    }

    /// Goes to the next byte and returns it. Zero bytes are passed over where Prometheus allows them.
    @discardableResult
    @inline(__always)
    private mutating func advance() -> UInt8 {
        position += 1
        switch state {
        case .labelValue, .metaText, .comment:
            while position < bytes.count, bytes[position] == 0 { position += 1 }
        case .initial, .metaName, .labels, .value, .timestamp:
            break
        }
        return current
    }

    private mutating func whitespace() -> Token {
        skipBlanks()
        return .whitespace
    }

    private mutating func skipBlanks() {
        while Self.isBlank(current) { advance() }
    }

    @inline(__always)
    private mutating func skipName(allowsColon: Bool) {
        position += 1
        while NameRules.isPlain(current, isFirst: false, allowsColon: allowsColon) { position += 1 }
    }

    /// Goes behind the quote that ends what starts here; returns false if there is none.
    private mutating func skipQuoted() -> Bool {
        let allowsZero = state == .labelValue
        position += 1
        while position < bytes.count {
            switch bytes[position] {
            case UInt8(ascii: "\""):
                position += 1
                return true
            case UInt8(ascii: "\\"):
                advance()
                if current == 0 || current == UInt8(ascii: "\n") { return false }
                position += 1
            case 0 where !allowsZero:
                return false
            default:
                position += 1
            }
        }
        return false
    }

    @inline(__always)
    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }

    @inline(__always)
    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }

    @inline(__always)
    private static func isNameStart(_ byte: UInt8, allowsColon: Bool) -> Bool {
        NameRules.isPlain(byte, isFirst: true, allowsColon: allowsColon)
    }

    @inline(__always)
    private static func isValue(_ byte: UInt8) -> Bool {
        switch byte {
        case 0, UInt8(ascii: "\t"), UInt8(ascii: "\n"), UInt8(ascii: " "), UInt8(ascii: "{"): false
        default: true
        }
    }
}
