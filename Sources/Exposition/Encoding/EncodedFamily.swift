/// One family of one target, encoded: what a snapshot holds and a page is made of.
///
/// The body holds sample lines in the layout of the text format 0.0.4 with UTF-8 names allowed (quoted where they need
/// it), without the `# HELP` and `# TYPE` lines: those are written once per page for all targets together. Labels of
/// the service are in the lines already. Other formats and escaping schemes are derived from it and kept; see
/// ``body(for:)``.
public final class EncodedFamily: Sendable {
    /// The name of the family, unescaped.
    public let name: String
    /// What it measures.
    public let kind: MetricKind
    /// The help text, unescaped.
    public let help: String
    /// The unit, if any.
    public let unit: String?
    /// How many sample lines the body has.
    public let sampleCount: Int
    /// The sample lines, each ended by a newline.
    public let body: [UInt8]

    /// Creates a family from sample lines that are known to be valid.
    public init(name: String, kind: MetricKind, help: String, unit: String?, sampleCount: Int, body: [UInt8]) {
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
        self.sampleCount = sampleCount
        self.body = body
    }
}
