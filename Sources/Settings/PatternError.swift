/// A regular expression cannot be used.
public struct PatternError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public var message: String
    /// Where, in characters from the beginning of the expression.
    public var offset: Int

    init(_ message: String, at offset: Int) {
        self.message = message
        self.offset = offset
    }

    /// The message and the place.
    public var description: String { "\(message) at character \(offset + 1)" }
}
