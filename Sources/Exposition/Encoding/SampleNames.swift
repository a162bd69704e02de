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

    /// Appends all that stands before the first label, or before the closing brace.
    @inline(__always)
    func appendOpening(_ suffix: String = "", hasLabels: Bool, to output: inout [UInt8]) {
        output.append(contentsOf: start)
        output.append(text: suffix)
        if isPlain {
            if hasLabels { output.append(UInt8(ascii: "{")) }
        } else {
            output.append(UInt8(ascii: "\""))
            if hasLabels { output.append(UInt8(ascii: ",")) }
        }
    }

    /// Appends all that stands between the labels and the value.
    @inline(__always)
    func appendClosing(hasLabels: Bool, to output: inout [UInt8]) {
        if hasLabels || !isPlain { output.append(UInt8(ascii: "}")) }
        output.append(UInt8(ascii: " "))
    }

    /// All that stands before the first label, or before the closing brace.
    func opening(hasLabels: Bool) -> [UInt8] {
        var opening = start
        opening.reserveCapacity(start.count + 2)
        if !isPlain { opening.append(UInt8(ascii: "\"")) }
        if hasLabels { opening.append(UInt8(ascii: isPlain ? "{" : ",")) }
        return opening
    }
}
