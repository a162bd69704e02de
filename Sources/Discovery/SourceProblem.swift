public import Settings

/// One entry of a source that was left out, or a part of it that could not be read, and why.
public struct SourceProblem: Sendable, Hashable, CustomStringConvertible {
    /// The entry or part at fault: a service's name, a file.
    public var entry: String
    /// What is wrong, and what was done about it.
    public var reason: String
    /// Where it stands, if it stands in a file.
    public var position: Position?

    /// Creates a problem.
    public init(entry: String, reason: String, position: Position? = nil) {
        self.entry = entry
        self.reason = reason
        self.position = position
    }

    /// `position: entry: reason`; an entry that is the position's file is not repeated.
    public var description: String {
        guard let position else { return "\(entry): \(reason)" }
        return entry == position.file ? "\(position): \(reason)" : "\(position): \(entry): \(reason)"
    }
}
