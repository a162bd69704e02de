/// The families of a page, group by group, each group in the order of the sections.
///
/// It does not count references; see ``PageGroup``.
struct PageMembers: Sendable {
    private var families: [Unmanaged<EncodedFamily>] = []
    /// The positions of the sections they come from.
    private(set) var sections: [Int32] = []
    /// What is written instead of a member, because it shares a series with one before it.
    private var replacements: [Int: Rendition] = [:]

    /// A family that was found for a group.
    struct Entry {
        var family: Unmanaged<EncodedFamily>
        var section: Int32
        var group: Int32
    }

    /// Brings entries, which come section by section, into the order of their groups, and tells each group where its own
    /// begin.
    init(_ entries: [Entry], _ groups: inout [PageGroup]) {
        var start = 0
        var next: [Int] = []
        next.reserveCapacity(groups.count)
        for index in groups.indices {
            groups[index].start = start
            next.append(start)
            start += groups[index].count
        }
        guard let any = entries.first?.family else { return }
        families = Array(repeating: any, count: start)
        sections = Array(repeating: 0, count: start)
        for entry in entries {
            let group = Int(entry.group)
            families[next[group]] = entry.family
            sections[next[group]] = entry.section
            next[group] += 1
        }
    }

    mutating func replace(_ member: Int, by rendition: Rendition) {
        replacements[member] = rendition
    }

    /// Calls `body` with a family.
    @inline(__always)
    func withFamily<Result>(_ member: Int, _ body: (EncodedFamily) -> Result) -> Result {
        families[member]._withUnsafeGuaranteedRef(body)
    }

    /// The lines of a family in a format.
    func rendition(of member: Int, in format: ExpositionFormat) -> Rendition {
        replacements[member] ?? withFamily(member) { $0.rendition(for: format) }
    }

    /// Appends the lines of a family if nothing is special about them and they are not more than `limit` bytes. Returns the
    /// number of samples; nil if nothing was appended.
    @inline(__always)
    func append(_ member: Int, in format: ExpositionFormat, limit: Int, to output: inout [UInt8]) -> Int? {
        if !replacements.isEmpty { return nil }
        return withFamily(member) { $0.append(in: format, limit: limit, to: &output) }
    }
}
