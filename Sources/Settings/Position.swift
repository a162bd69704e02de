/// A place in a file, for messages that a person can follow: `file:line:column`, both counted from 1.
public struct Position: Sendable, Hashable, CustomStringConvertible {
    /// The file as it was named by whoever asked to read it.
    public var file: String
    /// The line, from 1.
    public var line: Int
    /// The column, from 1.
    public var column: Int

    /// Creates a position.
    public init(file: String, line: Int = 1, column: Int = 1) {
        self.file = file
        self.line = line
        self.column = column
    }

    /// `file:line:column`.
    public var description: String { "\(file):\(line):\(column)" }
}
