/// Derives the body of a family in another format from its canonical one, line by line.
struct Transcoder {
    private let family: EncodedFamily
    private let format: ExpositionFormat
    /// The beginning of each line, with the name of the family, before and after escaping.
    private let sourceNames: SampleNames
    private let names: SampleNames

    init(family: EncodedFamily, format: ExpositionFormat) {
        self.family = family
        self.format = format
        sourceNames = SampleNames(family.name)
        names = SampleNames(format.escaping.escape(metricName: family.name))
    }

    /// Whether a body has names in quotes.
    static func hasQuotedNames(_ body: [UInt8]) -> Bool {
        body.withUnsafeBufferPointer { bytes in
            var line = SampleLine()
            var isFound = false
            SampleLine.forEach(in: bytes) { range in
                if !isFound, line.parse(bytes, range) {
                    isFound = line.isNameQuoted || line.labels.contains { $0.isQuoted }
                }
            }
            return isFound
        }
    }

    /// Writes the body in the format.
    func run() -> Rendition {
        var rendition = Rendition(body: family.body, sampleCount: family.sampleCount)
        if format.escaping != .allowUTF8 { rendition = escaped() }
        if format.isOpenMetrics { rendition.body = openMetrics(rendition.body) }
        return rendition
    }

    // MARK: Escaping

    private func escaped() -> Rendition {
        family.body.withUnsafeBufferPointer { bytes in
            var output: [UInt8] = []
            output.reserveCapacity(bytes.count)
            var log = ProblemLog()
            var dropped = 0
            var seen: Set<SeriesKey> = []
            var line = SampleLine()
            SampleLine.forEach(in: bytes) { range in
                guard line.parse(bytes, range) else {
                    output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[range]))
                    output.append(UInt8(ascii: "\n"))
                    return
                }
                let start = output.count
                let problem = appendEscaped(line, in: bytes, to: &output) ?? duplicate(from: start, in: output, &seen)
                if let problem {
                    let text = String(decoding: bytes[range], as: UTF8.self)
                    log.add(problem, family: family.name, count: 1, detail: "escaped as \(format.escaping): \(text)")
                    output.removeSubrange(start...)
                    dropped += 1
                }
            }
            return Rendition(body: output, sampleCount: family.sampleCount - dropped, problems: log.problems)
        }
    }

    /// Appends a line with its names escaped; returns what is wrong with it then.
    private func appendEscaped(
        _ line: SampleLine,
        in bytes: UnsafeBufferPointer<UInt8>,
        to output: inout [UInt8]
    ) -> SampleProblem.Reason? {
        appendEscapedName(line, in: bytes, to: &output)
        var labelNames: [ExactName] = []
        let hasQuotedLabels = line.labels.contains { $0.isQuoted }
        for (position, label) in line.labels.enumerated() {
            output.append(UInt8(ascii: position == 0 ? "{" : ","))
            let name = UnsafeBufferPointer(rebasing: bytes[label.name])
            if hasQuotedLabels {
                let text = label.isQuoted ? Self.unescape(name) : String(decoding: name, as: UTF8.self)
                let escaped = format.escaping.escape(labelName: text)
                labelNames.append(ExactName(escaped))
                output.append(text: escaped)
            } else {
                output.append(contentsOf: name)
            }
            output.append(UInt8(ascii: "="))
            // With the quotes around it.
            let value = (label.value.lowerBound - 1)..<(label.value.upperBound + 1)
            output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[value]))
        }
        if !line.labels.isEmpty { output.append(UInt8(ascii: "}")) }
        output.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[line.rest]))
        output.append(UInt8(ascii: "\n"))
        return Set(labelNames).count < labelNames.count ? .illegalName : nil
    }

    /// Escapes the name of the family and leaves what the kind adds to it, such as `_sum`, as it is.
    private func appendEscapedName(
        _ line: SampleLine,
        in bytes: UnsafeBufferPointer<UInt8>,
        to output: inout [UInt8]
    ) {
        let name = UnsafeBufferPointer(rebasing: bytes[line.name])
        // Without the brace and the quote.
        let familyName = sourceNames.start.dropFirst(2)
        if !line.isNameQuoted {
            output.append(contentsOf: name)
        } else if !sourceNames.isPlain, name.starts(with: familyName) {
            output.append(contentsOf: names.start)
            output.append(contentsOf: UnsafeBufferPointer(rebasing: name[familyName.count...]))
        } else {
            output.append(text: format.escaping.escape(metricName: Self.unescape(name)))
        }
    }

    private func duplicate(
        from start: Int,
        in output: [UInt8],
        _ seen: inout Set<SeriesKey>
    ) -> SampleProblem.Reason? {
        output.withUnsafeBufferPointer { bytes in
            var line = SampleLine()
            let range = start..<(bytes.count - 1)
            let key = line.parse(bytes, range) ? SeriesKey(line, in: bytes) : SeriesKey(whole: range, in: bytes)
            return seen.insert(key).inserted ? nil : .duplicateSeries
        }
    }

    /// The text that was written between quotes.
    static func unescape(_ bytes: UnsafeBufferPointer<UInt8>) -> String {
        var text: [UInt8] = []
        text.reserveCapacity(bytes.count)
        var index = 0
        while index < bytes.count {
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            switch (bytes[index], next) {
            case (UInt8(ascii: "\\"), UInt8(ascii: "n")):
                text.append(UInt8(ascii: "\n"))
                index += 2
            case (UInt8(ascii: "\\"), UInt8(ascii: "\\")), (UInt8(ascii: "\\"), UInt8(ascii: "\"")):
                text.append(next)
                index += 2
            case (let byte, _):
                text.append(byte)
                index += 1
            }
        }
        return String(decoding: text, as: UTF8.self)
    }

    // MARK: OpenMetrics

    private func openMetrics(_ body: [UInt8]) -> [UInt8] {
        body.withUnsafeBufferPointer { bytes in
            var output: [UInt8] = []
            output.reserveCapacity(bytes.count + family.sampleCount * 4)
            var start = 0
            while start < bytes.count {
                let end = Bytes.firstIndex(of: UInt8(ascii: "\n"), in: bytes, from: start) ?? bytes.count
                appendOpenMetrics(UnsafeBufferPointer(rebasing: bytes[start..<end]), to: &output)
                output.append(UInt8(ascii: "\n"))
                start = end + 1
            }
            return output
        }
    }

    /// What the numbers of a line are.
    private enum LineKind {
        case value, bound, count, countWithBound
    }

    private func lineKind(_ line: UnsafeBufferPointer<UInt8>) -> LineKind {
        switch family.kind {
        case .counter, .gauge, .info, .unknown: return .value
        case .histogram, .summary: break
        }
        guard line.starts(with: names.start) else { return .value }
        let rest = UnsafeBufferPointer(rebasing: line[names.start.count...])
        if rest.starts(with: "_count".utf8) { return .count }
        if rest.starts(with: "_sum".utf8) { return .value }
        return family.kind == .histogram ? .countWithBound : .bound
    }

    private func appendOpenMetrics(_ line: UnsafeBufferPointer<UInt8>, to output: inout [UInt8]) {
        guard let (value, timestamp) = Self.numbers(line) else {
            output.append(contentsOf: line)
            return
        }
        let kind = lineKind(line)
        var series = UnsafeBufferPointer(rebasing: line[..<value.lowerBound])
        if kind == .bound || kind == .countWithBound, let bound = Self.bound(series) {
            output.append(contentsOf: UnsafeBufferPointer(rebasing: series[..<bound.upperBound]))
            if !series[bound].isMarkedAsFloat { output.append(contentsOf: ".0".utf8) }
            series = UnsafeBufferPointer(rebasing: series[bound.upperBound...])
        }
        output.append(contentsOf: series)
        let digits = UnsafeBufferPointer(rebasing: line[value])
        if kind == .count || kind == .countWithBound {
            output.append(count: digits)
        } else {
            output.append(contentsOf: digits)
            if !digits.isMarkedAsFloat { output.append(contentsOf: ".0".utf8) }
        }
        if let timestamp {
            output.append(UInt8(ascii: " "))
            let text = String(decoding: line[timestamp], as: UTF8.self)
            if let milliseconds = Int64(text) {
                output.append(openMetricsNumber: Double(milliseconds) / 1000)
            } else {
                output.append(text: text)
            }
        }
    }

    /// Where the value and the timestamp stand, looking from the end.
    private static func numbers(_ line: UnsafeBufferPointer<UInt8>) -> (value: Range<Int>, timestamp: Range<Int>?)? {
        guard let last = lastSpace(line, before: line.count) else { return nil }
        let word = (last + 1)..<line.count
        // A space within the labels is not taken for one before a value: a brace comes first.
        if line[last - 1] == UInt8(ascii: "}") { return (word, nil) }
        guard let previous = lastSpace(line, before: last) else { return (word, nil) }
        return ((previous + 1)..<last, word)
    }

    /// The last space before a position, but not the first byte.
    private static func lastSpace(_ line: UnsafeBufferPointer<UInt8>, before end: Int) -> Int? {
        var index = end - 1
        while index > 0 {
            if line[index] == UInt8(ascii: " ") { return index }
            index -= 1
        }
        return nil
    }

    /// Where the value of the last label stands, in what is before the value of a sample.
    private static func bound(_ series: UnsafeBufferPointer<UInt8>) -> Range<Int>? {
        guard series.count > 3, series[series.count - 3] == UInt8(ascii: "\"") else { return nil }
        let end = series.count - 3
        guard let quote = series[..<end].lastIndex(of: UInt8(ascii: "\"")) else { return nil }
        let label = series[..<quote]
        guard label.suffix(3).elementsEqual("le=".utf8) || label.suffix(9).elementsEqual("quantile=".utf8) else {
            return nil
        }
        return (quote + 1)..<end
    }
}

extension [UInt8] {
    /// Appends a count that may be laid out as `1e+06`, as an integer if it is one.
    fileprivate mutating func append(count digits: UnsafeBufferPointer<UInt8>) {
        if digits.isMarkedAsFloat, let value = Double(String(decoding: digits, as: UTF8.self)),
            value >= 0, value < 0x1p63, value == value.rounded()
        {
            append(digits: UInt64(value))
        } else {
            append(contentsOf: digits)
        }
    }
}
