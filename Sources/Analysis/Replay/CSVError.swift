/// Why a table cannot be read.
public struct CSVError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line, counted from 1.
    public var line: Int
    /// What is wrong.
    public var message: String

    /// Creates an error.
    public init(line: Int, message: String) {
        self.line = line
        self.message = message
    }

    /// One line for a person.
    public var description: String { "line \(line): \(message)" }

    /// A text from a table for a message: cut, and without characters that would do something to a terminal.
    static func quote(_ text: some StringProtocol) -> String {
        var result = "\""
        for scalar in text.unicodeScalars.prefix(40) {
            let isPlain = scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)
            result.unicodeScalars.append(isPlain ? scalar : "\u{FFFD}")
        }
        return result + (text.unicodeScalars.count > 40 ? "\u{2026}\"" : "\"")
    }
}
