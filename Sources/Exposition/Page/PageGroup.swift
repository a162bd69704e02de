/// One family of a page: what all sections together have of it.
///
/// It does not count references to the families, since that would be the greater part of the cost of a page: whoever
/// holds a group must hold the sections that its families come from.
struct PageGroup: Sendable {
    /// The name, escaped as the page wants it.
    let name: String
    let kind: MetricKind
    private(set) var help = ""
    private(set) var unit: String?
    /// The families, in the order of the sections.
    private var members: [Unmanaged<EncodedFamily>] = []
    /// The positions of the sections they come from.
    private(set) var sections: [Int32] = []
    /// Whether one section has several families for it.
    private(set) var hasRepeatedSections = false
    /// What is written instead of a member, because it shares a series with one before it.
    private var replacements: [Int: Rendition] = [:]

    init(name: String, kind: MetricKind) {
        self.name = name
        self.kind = kind
    }

    /// How many families there are.
    var count: Int { members.count }

    @inline(__always)
    mutating func add(_ family: EncodedFamily, section: Int32) {
        if help.isEmpty { help = family.help }
        if unit == nil { unit = family.unit }
        if sections.last == section { hasRepeatedSections = true }
        members.append(Unmanaged.passUnretained(family))
        sections.append(section)
    }

    mutating func replace(_ member: Int, by rendition: Rendition) {
        replacements[member] = rendition
    }

    /// Calls `body` with a family.
    @inline(__always)
    func withFamily<Result>(_ member: Int, _ body: (EncodedFamily) -> Result) -> Result {
        members[member]._withUnsafeGuaranteedRef(body)
    }

    /// The lines of a family in a format.
    func rendition(of member: Int, in format: ExpositionFormat) -> Rendition {
        replacements[member] ?? withFamily(member) { $0.rendition(for: format) }
    }

    /// Appends the lines of a family if they are the canonical ones and not more than `limit` bytes. Returns the number
    /// of samples; nil if nothing was appended.
    @inline(__always)
    func appendCanonical(
        _ member: Int,
        in format: ExpositionFormat,
        limit: Int,
        to output: inout [UInt8]
    ) -> Int? {
        if !replacements.isEmpty { return nil }
        return withFamily(member) { family in
            guard family.isCanonical(in: format), family.body.count <= limit else { return nil }
            output.append(contentsOf: family.body)
            return family.sampleCount
        }
    }
}
