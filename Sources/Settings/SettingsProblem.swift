/// One thing that is wrong in a file, with its place: what was found and what was expected.
public struct SettingsProblem: Error, Sendable, Hashable, CustomStringConvertible {
    /// Where it is.
    public var position: Position
    /// The path of keys that leads there, such as `exporters[0].interval`; empty at the top.
    public var path: String
    /// What is wrong and what was expected, without the place.
    public var message: String

    /// Creates a problem.
    public init(position: Position, path: String = "", message: String) {
        self.position = position
        self.path = path
        self.message = message
    }

    /// `file:line:column: path: message`, the form that `muster check` prints.
    public var description: String {
        path.isEmpty ? "\(position): \(message)" : "\(position): \(path): \(message)"
    }
}
