/// Whether bytes are one JSON value (RFC 8259). Nothing is kept of it.
struct JSONCheck {
    /// Where it is not JSON.
    struct Problem: Error, Hashable {
        /// The number of bytes before it.
        let offset: Int
        let message: String
    }

    private static let maximumDepth = 100
    private let bytes: [UInt8]
    private var offset = 0

    private init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// Checks a whole text.
    static func check(_ bytes: [UInt8]) throws(Problem) {
        var check = JSONCheck(bytes)
        try check.value(depth: 0)
        check.skipBlanks()
        guard check.offset == bytes.count else { throw check.problem("there is more after the value") }
    }

    private var next: UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func problem(_ message: String) -> Problem { Problem(offset: offset, message: message) }

    private mutating func skipBlanks() {
        while let byte = next, [0x20, 0x09, 0x0a, 0x0d].contains(byte) { offset += 1 }
    }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard next == UInt8(ascii: character) else { return false }
        offset += 1
        return true
    }

    private mutating func value(depth: Int) throws(Problem) {
        guard depth < Self.maximumDepth else { throw problem("it is nested too deeply") }
        skipBlanks()
        switch next {
        case UInt8(ascii: "{"): try list(end: "}", depth: depth, hasNames: true)
        case UInt8(ascii: "["): try list(end: "]", depth: depth, hasNames: false)
        case UInt8(ascii: "\""): try string()
        case .some(let byte) where byte == UInt8(ascii: "-") || (0x30...0x39).contains(byte): try number()
        default:
            for word in ["true", "false", "null"] where bytes[offset...].starts(with: word.utf8) {
                offset += word.utf8.count
                return
            }
            throw problem("a value is missing")
        }
    }

    private mutating func list(end: Unicode.Scalar, depth: Int, hasNames: Bool) throws(Problem) {
        offset += 1
        skipBlanks()
        if take(end) { return }
        while true {
            if hasNames {
                skipBlanks()
                guard next == UInt8(ascii: "\"") else { throw problem("the name of a member is missing") }
                try string()
                skipBlanks()
                guard take(":") else { throw problem("a colon is missing") }
            }
            try value(depth: depth + 1)
            skipBlanks()
            if take(end) { return }
            guard take(",") else { throw problem("a comma or a closing bracket is missing") }
        }
    }

    private mutating func string() throws(Problem) {
        offset += 1
        while let byte = next {
            guard byte >= 0x20 else { throw problem("a control character is in a string") }
            offset += 1
            if byte == UInt8(ascii: "\"") { return }
            guard byte == UInt8(ascii: "\\") else { continue }
            guard let escaped = next else { break }
            if escaped == UInt8(ascii: "u") {
                let digits = bytes[offset...].dropFirst().prefix(4)
                guard digits.count == 4, digits.allSatisfy(Self.isHexadecimal) else {
                    throw problem("\\u is without four digits")
                }
                offset += 5
            } else {
                guard "\"\\/bfnrt".utf8.contains(escaped) else { throw problem("there is no such escape") }
                offset += 1
            }
        }
        throw problem("a string does not end")
    }

    private mutating func number() throws(Problem) {
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
    }

    private mutating func digits() throws(Problem) {
        let start = offset
        while let byte = next, (0x30...0x39).contains(byte) { offset += 1 }
        guard offset > start else { throw problem("a digit is missing") }
    }

    private static func isHexadecimal(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
    }
}
