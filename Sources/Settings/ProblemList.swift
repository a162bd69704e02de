/// Collects everything that is wrong, so that a person sees all of it at once instead of one mistake per run.
///
/// A reference, because many readers add to the same list; not `Sendable`, because reading is synchronous.
public final class ProblemList {
    /// What was found, in the order it was found.
    public private(set) var problems: [SettingsProblem] = []

    /// Creates an empty list.
    public init() {}

    /// Whether nothing was found.
    public var isEmpty: Bool { problems.isEmpty }

    /// Adds a problem.
    public func add(_ problem: SettingsProblem) {
        problems.append(problem)
    }

    /// Adds a problem at a node.
    public func add(_ message: String, at node: SettingsNode) {
        problems.append(SettingsProblem(position: node.position, path: node.path, message: message))
    }

    /// Adds everything that another list found.
    public func add(contentsOf other: [SettingsProblem]) {
        problems.append(contentsOf: other)
    }

    /// Throws all problems as one error, if there are any.
    ///
    /// - Throws: ``SettingsError``.
    public func throwIfAny() throws(SettingsError) {
        if !problems.isEmpty { throw SettingsError(problems: problems) }
    }
}
