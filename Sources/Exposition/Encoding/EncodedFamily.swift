import Synchronization

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

    /// Whether the name is written without quotes.
    let hasPlainName: Bool
    /// Whether any name is quoted, if that is known from the encoder.
    private let knownQuotedNames: Bool?
    private let renditions: Mutex<Renditions>

    private struct Renditions {
        /// Whether any name is quoted, once that was looked up.
        var hasQuotedNames: Bool?
        /// The one that most readers want, apart from the others: it is found without another look into memory.
        var openMetrics: Rendition?
        var others: [(format: ExpositionFormat, rendition: Rendition)] = []

        func find(_ format: ExpositionFormat) -> Rendition? {
            format == EncodedFamily.openMetrics ? openMetrics : others.first { $0.format == format }?.rendition
        }

        mutating func keep(_ rendition: Rendition, for format: ExpositionFormat) {
            if format == EncodedFamily.openMetrics {
                openMetrics = rendition
            } else {
                others.append((format, rendition))
            }
        }
    }

    private static let openMetrics = ExpositionFormat(syntax: .openMetrics100, escaping: .allowUTF8)

    /// Creates a family from sample lines that are known to be valid.
    ///
    /// The lines must be laid out as ``SnapshotEncoder`` does it: no space but before the value and before the
    /// timestamp, labels sorted by name with `le` or `quantile` last, no series twice.
    public convenience init(
        name: String,
        kind: MetricKind,
        help: String,
        unit: String?,
        sampleCount: Int,
        body: [UInt8]
    ) {
        self.init(
            name: name,
            kind: kind,
            help: help,
            unit: unit,
            sampleCount: sampleCount,
            body: body,
            hasPlainName: NameRules.isPlainMetricName(name),
            hasQuotedNames: nil
        )
    }

    init(
        name: String,
        kind: MetricKind,
        help: String,
        unit: String?,
        sampleCount: Int,
        body: [UInt8],
        hasPlainName: Bool,
        hasQuotedNames: Bool?
    ) {
        self.name = name
        self.kind = kind
        self.help = help
        self.unit = unit
        self.sampleCount = sampleCount
        self.body = body
        self.hasPlainName = hasPlainName
        knownQuotedNames = hasQuotedNames
        renditions = Mutex(Renditions())
    }

    /// Whether it comes before another on a page: by the UTF-8 bytes of the names.
    public func precedes(_ other: EncodedFamily) -> Bool {
        name.precedesByBytes(other.name)
    }

    /// The sample lines in a format.
    ///
    /// What differs from ``body`` is made once for each format and kept as long as the family: seven more at most, and
    /// one more in all for families with plain names.
    public func body(for format: ExpositionFormat) -> [UInt8] {
        isCanonical(in: format) ? body : rendition(for: format).body
    }

    /// Whether the sample lines in a format are ``body``.
    @inline(__always)
    func isCanonical(in format: ExpositionFormat) -> Bool {
        format.syntax == .text004 && (format.escaping == .allowUTF8 || knownQuotedNames == false)
    }

    /// The sample lines in a format, with what the format could not hold.
    func rendition(for format: ExpositionFormat) -> Rendition {
        var format = format
        // Both versions of OpenMetrics are written alike.
        if format.syntax == .openMetrics001 { format.syntax = .openMetrics100 }
        if format.escaping != .allowUTF8, !hasQuotedNames() { format.escaping = .allowUTF8 }
        if format == .canonical { return Rendition(body: body, sampleCount: sampleCount) }

        if let known = renditions.withLock({ $0.find(format) }) { return known }
        let rendition = Transcoder(family: self, format: format).run()
        return renditions.withLock { renditions in
            if let known = renditions.find(format) { return known }
            renditions.keep(rendition, for: format)
            return rendition
        }
    }

    /// Appends the sample lines in a format if they are known, hold everything, and are not more than `limit` bytes.
    /// Returns how many they are; nil if nothing was appended.
    @inline(__always)
    func append(in format: ExpositionFormat, limit: Int, to output: inout [UInt8]) -> Int? {
        if isCanonical(in: format) {
            guard body.count <= limit else { return nil }
            output.append(contentsOf: body)
            return sampleCount
        }
        return appendKnown(in: format, limit: limit, to: &output)
    }

    private func appendKnown(in format: ExpositionFormat, limit: Int, to output: inout [UInt8]) -> Int? {
        // Without quoted names it is the same under every escaping scheme.
        guard knownQuotedNames == false, format.isOpenMetrics else { return nil }
        return renditions.withLock { renditions in
            guard let rendition = renditions.openMetrics, rendition.body.count <= limit, rendition.problems.isEmpty
            else { return nil }
            output.append(contentsOf: rendition.body)
            return rendition.sampleCount
        }
    }

    private func hasQuotedNames() -> Bool {
        if let known = knownQuotedNames ?? renditions.withLock({ $0.hasQuotedNames }) { return known }
        let found = Transcoder.hasQuotedNames(body)
        renditions.withLock { $0.hasQuotedNames = found }
        return found
    }
}

/// The body of a family in one format.
struct Rendition: Sendable {
    var body: [UInt8]
    var sampleCount: Int
    /// What the format could not hold.
    var problems: [SampleProblem] = []
}
