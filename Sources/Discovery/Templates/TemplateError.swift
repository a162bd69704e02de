/// A template cannot be parsed, or cannot be rendered for a service.
public struct TemplateError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong.
    public var message: String
    /// Where, in characters from the beginning of the template.
    public var offset: Int

    init(_ message: String, at offset: Int = 0) {
        self.message = message
        self.offset = offset
    }

    /// The message.
    public var description: String { message }
}
