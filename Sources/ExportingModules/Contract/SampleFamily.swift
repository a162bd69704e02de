public import Exposition

/// What the samples of one metric family have in common. One object is shared by all of them.
public final class SampleFamily: Sendable, Hashable {
    /// The name of the family: for a histogram `x` where its samples are called `x_bucket`, `x_sum` and `x_count`.
    public let name: String
    /// What it measures.
    public let kind: MetricKind
    /// What it is for; may be empty.
    public let help: String
    /// The unit; may be empty.
    public let unit: String

    /// Creates a description.
    public init(name: String, kind: MetricKind, help: String = "", unit: String = "") {
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
    }

    /// Whether all is the same.
    public static func == (first: SampleFamily, second: SampleFamily) -> Bool {
        first === second
            || (first.name == second.name && first.kind == second.kind && first.help == second.help
                && first.unit == second.unit)
    }

    /// Hashes name and kind.
    public func hash(into hasher: inout Hasher) {
        hasher.combine(name)
        hasher.combine(kind)
    }
}
