/// What a page held.
public struct PageReport: Sendable, Hashable {
    /// The number of families.
    public var families: Int
    /// The number of sample lines.
    public var samples: Int
    /// The number of bytes.
    public var bytes: Int
    /// What was left out because it clashed with another section, or because the format cannot hold it.
    public var problems: [SampleProblem]

    /// Creates a report.
    public init(families: Int = 0, samples: Int = 0, bytes: Int = 0, problems: [SampleProblem] = []) {
        self.families = families
        self.samples = samples
        self.bytes = bytes
        self.problems = problems
    }
}
