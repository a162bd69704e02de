/// What one target gives to a page.
public struct PageSection: Sendable {
    /// Names the target in problems, such as the key of the service.
    public var id: String
    /// The labels that are in every line of the families. They decide which sections can hold the same series.
    public var labels: LabelSet
    /// The families, sorted by the UTF-8 bytes of their names.
    public var families: [EncodedFamily]

    /// Creates a section.
    public init(id: String, labels: LabelSet, families: [EncodedFamily]) {
        self.id = id
        self.labels = labels
        self.families = families
    }
}
