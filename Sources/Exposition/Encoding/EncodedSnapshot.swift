/// What ``SnapshotEncoder`` makes of the families of one target.
public struct EncodedSnapshot: Sendable {
    /// The families, sorted by the UTF-8 bytes of their names, each name once, none without samples.
    public var families: [EncodedFamily]
    /// What was left out and why: one entry for each reason and family with an exact count, and at most one more for
    /// each reason if too many families are concerned to list them.
    public var problems: [SampleProblem]
    /// How many sample lines the families have.
    public var sampleCount: Int

    /// Creates a snapshot.
    public init(families: [EncodedFamily] = [], problems: [SampleProblem] = [], sampleCount: Int = 0) {
        self.families = families
        self.problems = problems
        self.sampleCount = sampleCount
    }
}
