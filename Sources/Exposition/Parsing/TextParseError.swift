/// Why a page does not parse.
public struct TextParseError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The line of the entry at fault, from 1.
    public var line: Int
    /// What is wrong, in the words of Prometheus' own parser where it says the same.
    public var message: String

    /// Creates an error.
    public init(line: Int, message: String) {
        self.line = line
        self.message = message
    }

    /// The line and the message.
    public var description: String { "line \(line): \(message)" }
}
