/// One family of a page: what all sections together have of it.
struct PageGroup: Sendable {
    /// The name, escaped as the page wants it.
    let name: String
    let kind: MetricKind
    var help: String
    var unit: String?
    /// The families, and the positions of the sections they come from, in the order of the sections.
    private(set) var members: [EncodedFamily] = []
    private(set) var sections: [Int] = []
    /// Whether one section has several families for it.
    private(set) var hasRepeatedSections = false
    /// What is written instead of a member, because it shares a series with one before it.
    private var replacements: [Int: Rendition] = [:]

    init(name: String, kind: MetricKind) {
        self.name = name
        self.kind = kind
        help = ""
    }

    @inline(__always)
    mutating func add(_ family: EncodedFamily, section: Int) {
        if help.isEmpty { help = family.help }
        if unit == nil { unit = family.unit }
        if sections.last == section { hasRepeatedSections = true }
        members.append(family)
        sections.append(section)
    }

    mutating func replace(_ member: Int, by rendition: Rendition) {
        replacements[member] = rendition
    }

    @inline(__always)
    func rendition(of member: Int, in format: ExpositionFormat) -> Rendition {
        if !replacements.isEmpty, let replacement = replacements[member] { return replacement }
        return members[member].rendition(for: format)
    }
}
