public import Settings

/// A result does not have the columns that its query's metrics need.
public struct QueryMappingError: Error, Sendable, Hashable, CustomStringConvertible {
    /// What is wrong, each with the place in the query file that asks for it. Never empty.
    public var problems: [SettingsProblem]

    /// Creates an error.
    public init(problems: [SettingsProblem]) {
        self.problems = problems
    }

    /// One problem per line.
    public var description: String {
        problems.map(\.description).joined(separator: "\n")
    }
}
