/// One sample line of a page, as it was found: names and values are made into strings only when they are asked for.
public struct TextSample: Sendable {
    /// Where one label stands in the page.
    struct Label: Sendable {
        var name: Range<Int>
        var isQuoted: Bool
        var value: Range<Int>
    }

    let page: [UInt8]
    var nameRange = 0..<0
    var isNameQuoted = false
    var labelRanges: [Label] = []
    var valueRange = 0..<0

    /// Where the series, that is the name and the labels with their braces, stands in the page.
    public internal(set) var seriesRange = 0..<0
    /// The value.
    public internal(set) var value = 0.0
    /// The timestamp in milliseconds since 1970, if there is one.
    public internal(set) var timestamp: Int64?

    init(page: [UInt8]) {
        self.page = page
    }

    /// The name of the metric.
    public var name: String {
        text(nameRange, isEscaped: isNameQuoted)
    }

    /// The bytes of the value as they were written.
    public var valueText: ArraySlice<UInt8> { page[valueRange] }

    /// The bytes of the name and the labels as they were written.
    public var seriesText: ArraySlice<UInt8> { page[seriesRange] }

    /// How many labels were written.
    public var labelCount: Int { labelRanges.count }

    /// The labels in the order they were written; a name can be there twice.
    public var labels: [Exposition.Label] {
        labelRanges.map { label in
            Exposition.Label(text(label.name, isEscaped: label.isQuoted), text(label.value, isEscaped: true))
        }
    }

    private func text(_ range: Range<Int>, isEscaped: Bool) -> String {
        page.withUnsafeBufferPointer { page in
            let bytes = UnsafeBufferPointer(rebasing: page[range])
            if isEscaped, Bytes.firstIndex(of: UInt8(ascii: "\\"), in: bytes, from: 0) != nil {
                return Transcoder.unescape(bytes)
            }
            return String(decoding: bytes, as: UTF8.self)
        }
    }
}
