/// Rows for `COPY ... FROM STDIN` in the text format
/// (https://www.postgresql.org/docs/current/sql-copy.html, "Text Format").
public struct CopyText: Sendable {
    /// The rows, each ended by a line end.
    public private(set) var bytes: [UInt8] = []
    /// How many rows there are.
    public private(set) var rowCount = 0
    private var isAtStart = true

    /// Creates text without rows.
    public init() {}

    /// Appends a field to the present row; nil is NULL. PostgreSQL stores no NUL: text that has one is refused there.
    public mutating func field(_ text: String?) {
        separate()
        guard let text else {
            bytes.append(contentsOf: [UInt8(ascii: "\\"), UInt8(ascii: "N")])
            return
        }
        var copy = text
        copy.withUTF8 { appendEscaped($0) }
    }

    /// Appends a whole number to the present row.
    public mutating func field(_ number: Int64) {
        separate()
        bytes.append(contentsOf: String(number).utf8)
    }

    /// Appends a number to the present row, with as many digits as it takes to read the same one again.
    public mutating func field(_ number: Double) {
        separate()
        let text =
            number.isNaN ? "NaN" : number.isInfinite ? (number > 0 ? "Infinity" : "-Infinity") : number.description
        bytes.append(contentsOf: text.utf8)
    }

    /// Ends the present row.
    public mutating func endRow() {
        bytes.append(UInt8(ascii: "\n"))
        rowCount += 1
        isAtStart = true
    }

    private mutating func separate() {
        if !isAtStart { bytes.append(UInt8(ascii: "\t")) }
        isAtStart = false
    }

    private mutating func appendEscaped(_ text: UnsafeBufferPointer<UInt8>) {
        var start = 0
        for (index, byte) in text.enumerated() {
            guard let letter = Self.escape(byte) else { continue }
            bytes.append(contentsOf: text[start..<index])
            bytes.append(UInt8(ascii: "\\"))
            bytes.append(letter)
            start = index + 1
        }
        bytes.append(contentsOf: text[start...])
    }

    /// What follows the backslash in place of a byte; nil if the byte stands for itself.
    private static func escape(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "\\"): UInt8(ascii: "\\")
        case UInt8(ascii: "\n"): UInt8(ascii: "n")
        case UInt8(ascii: "\r"): UInt8(ascii: "r")
        case UInt8(ascii: "\t"): UInt8(ascii: "t")
        default: nil
        }
    }
}
