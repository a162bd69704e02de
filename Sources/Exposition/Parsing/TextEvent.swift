/// What ``TextParser`` finds in a page.
public enum TextEvent: Sendable {
    /// A `# HELP` line: the name of a family and its help, unescaped.
    case help(name: String, text: String)
    /// A `# TYPE` line.
    case type(name: String, kind: MetricKind)
    /// Any other comment, with its `#`.
    case comment(ArraySlice<UInt8>)
    /// A sample.
    case sample(TextSample)
}
