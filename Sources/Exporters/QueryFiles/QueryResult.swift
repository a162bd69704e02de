public import Exposition

/// What the rows of a query gave.
public struct QueryResult: Sendable, Hashable {
    /// The families, each with at least one metric, in the order of the file.
    public var families: [MetricFamily]
    /// Values that could not be exported; one problem per metric and reason, with a count.
    public var problems: [SampleProblem]

    /// Creates a result.
    public init(families: [MetricFamily] = [], problems: [SampleProblem] = []) {
        self.families = families
        self.problems = problems
    }
}
