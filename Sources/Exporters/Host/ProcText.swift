/// The content of a file of /proc or /sys, to be split into lines and words.
struct ProcText: Sendable {
    let bytes: [UInt8]

    /// The lines without their ends.
    var lines: Lines { Lines(rest: bytes[...]) }

    /// All of it without white space around it, as text.
    var trimmed: String {
        var slice = bytes[...]
        while let last = slice.last, last == UInt8(ascii: "\n") || last == UInt8(ascii: " ") { slice.removeLast() }
        return String(decoding: slice, as: UTF8.self)
    }

    struct Lines: Sequence, IteratorProtocol {
        fileprivate var rest: ArraySlice<UInt8>

        mutating func next() -> ProcLine? {
            guard !rest.isEmpty else { return nil }
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
                defer { rest = [] }
                return ProcLine(rest)
            }
            defer { rest = rest[(end + 1)...] }
            return ProcLine(rest[..<end])
        }
    }
}

/// One line, read word by word. Words are separated by spaces and tabs.
struct ProcLine {
    /// What has not been read.
    private(set) var rest: ArraySlice<UInt8>

    init(_ bytes: ArraySlice<UInt8>) {
        rest = bytes
    }

    /// The next word; nil at the end.
    mutating func word() -> ArraySlice<UInt8>? {
        var start = rest.startIndex
        while start < rest.endIndex, Self.isSpace(rest[start]) { start += 1 }
        var end = start
        while end < rest.endIndex, !Self.isSpace(rest[end]) { end += 1 }
        let word = rest[start..<end]
        rest = rest[end...]
        return word.isEmpty ? nil : word
    }

    /// The next word as text; bytes that are not UTF-8 are replaced.
    mutating func text() -> String? {
        word().map { String(decoding: $0, as: UTF8.self) }
    }

    /// The next word as a finite number; nil if it is none.
    mutating func number() -> Double? {
        word().flatMap(Self.number)
    }

    /// Everything up to a byte, which is skipped; nil, with nothing read, if it does not come.
    mutating func text(until byte: UInt8) -> String? {
        guard let end = rest.firstIndex(of: byte) else { return nil }
        defer { rest = rest[(end + 1)...] }
        return String(decoding: rest[..<end], as: UTF8.self)
    }

    /// A decimal number of a word.
    static func number(_ word: ArraySlice<UInt8>) -> Double? {
        var value: UInt64 = 0
        for byte in word {
            let digit = UInt64(byte &- UInt8(ascii: "0"))
            let (product, isTooLarge) = value.multipliedReportingOverflow(by: 10)
            let (sum, isCarried) = product.addingReportingOverflow(digit)
            // Fractions, exponents, signs, and what 64 bits cannot hold.
            if digit > 9 || isTooLarge || isCarried { return slowNumber(word) }
            value = sum
        }
        return word.isEmpty ? nil : Double(value)
    }

    private static func slowNumber(_ word: ArraySlice<UInt8>) -> Double? {
        let isPlain = word.allSatisfy { byte in
            (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) || ".+-eE".utf8.contains(byte)
        }
        guard isPlain, word.count <= 64, let value = Double(String(decoding: word, as: UTF8.self)) else { return nil }
        return value.isFinite ? value : nil
    }

    private static func isSpace(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t")
    }
}
