/// How the name of a family begins its sample lines.
///
/// A plain name stands before the brace, as in `name_sum{a="b"}`; any other stands quoted within, as in
/// `{"a name_sum",a="b"}`.
struct SampleNames {
    /// Whether the name stands before the brace.
    let isPlain: Bool
    /// The beginning of each sample line, up to the name's last byte.
    let start: [UInt8]

    init(_ family: String) {
        isPlain = NameRules.isPlainMetricName(family)
        var start: [UInt8] = []
        if !isPlain { start.append(contentsOf: #"{""#.utf8) }
        start.append(escaping: family)
        self.start = start
    }

    /// All that stands before the first label, or before the closing brace.
    func opening(suffix: StaticString = "", hasLabels: Bool) -> [UInt8] {
        var opening = start
        opening.append(contentsOf: UnsafeBufferPointer(start: suffix.utf8Start, count: suffix.utf8CodeUnitCount))
        switch (isPlain, hasLabels) {
        case (true, true): opening.append(UInt8(ascii: "{"))
        case (true, false): break
        case (false, true): opening.append(contentsOf: #"","#.utf8)
        case (false, false): opening.append(UInt8(ascii: "\""))
        }
        return opening
    }

    /// All that stands between the labels and the value.
    func closing(hasLabels: Bool) -> [UInt8] {
        Array((isPlain && !hasLabels ? " " : "} ").utf8)
    }
}
