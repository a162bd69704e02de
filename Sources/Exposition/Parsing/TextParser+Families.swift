extension TextParser {
    /// Reads a page into families, in the order in which they are first mentioned.
    ///
    /// Histograms and summaries are put together from their series: `_count` falls back to the highest bucket and
    /// `_sum` to NaN where a page leaves them out. Families without samples are left out. Series of a histogram or
    /// summary that do not belong there become a family of their own, of unknown kind.
    ///
    /// - Throws: ``TextParseError`` at the first thing that is wrong; also for a series with one label name twice, which
    ///   Prometheus refuses right after parsing.
    public static func families(in page: [UInt8]) throws(TextParseError) -> [MetricFamily] {
        var collector = FamilyCollector()
        var parser = TextParser(page)
        while let event = try parser.next() {
            switch event {
            case .comment: break
            case .help(let name, let text): collector.setHelp(text, of: name)
            case .type(let name, let kind): collector.setKind(kind, of: name)
            case .sample(let sample):
                let labels = LabelSet(sample.labels)
                guard labels.count == sample.labelCount else {
                    let series = String(goQuoting: sample.seriesText)
                    throw parser.failure("label names are not unique while parsing: \(series)")
                }
                collector.add(sample, labels)
            }
        }
        return collector.families()
    }
}
