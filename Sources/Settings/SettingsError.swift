/// A file could not be used; carries every problem that was found in it.
public struct SettingsError: Error, Sendable, CustomStringConvertible {
    /// All problems, never empty.
    public var problems: [SettingsProblem]

    /// Creates an error from problems.
    public init(problems: [SettingsProblem]) {
        self.problems = problems
    }

    /// Creates an error from one problem.
    public init(_ problem: SettingsProblem) {
        self.problems = [problem]
    }

    /// One problem per line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
