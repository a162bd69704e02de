/// Sorts out what goes into a page: groups the families of all sections by name and leaves out what clashes.
///
/// The groups must not outlive the sections; see ``PageGroup``.
struct PagePlan {
    private let sections: [PageSection]
    private let format: ExpositionFormat
    private(set) var log = ProblemLog()

    /// For how many lists of sections it is kept which of them can share series.
    private static let knownLimit = 8

    private var groups: [PageGroup] = []
    private var indices: [ExactName: Int] = [:]
    private var escapedNames: [ExactName: String] = [:]

    init(_ sections: [PageSection], _ format: ExpositionFormat) {
        self.sections = sections
        self.format = format
        group()
    }

    /// The groups by the bytes of their names.
    func sortedGroups() -> [PageGroup] {
        groups.filter { $0.count > 0 }.sorted { $0.name.precedesByBytes($1.name) }
    }

    // MARK: Grouping

    /// Sections of one kind of exporter have mostly the same families, so the group that came next in the last section
    /// is looked at first, before the dictionary.
    private mutating func group() {
        var successors = [-1]
        for position in sections.indices {
            var previous = 0
            sections[position].families.withUnsafeBufferPointer { families in
                for index in families.indices {
                    // Passed on without counting a reference.
                    Unmanaged.passUnretained(families[index])._withUnsafeGuaranteedRef { family in
                        add(family, Int32(truncatingIfNeeded: position), &previous, &successors)
                    }
                }
            }
        }
    }

    @inline(__always)
    private mutating func add(
        _ family: EncodedFamily,
        _ section: Int32,
        _ previous: inout Int,
        _ successors: inout [Int]
    ) {
        if family.sampleCount == 0 { return }
        var index = successors[previous]
        if index < 0 || !isName(of: family, groups[index].name) {
            index = findGroup(family)
            while successors.count <= groups.count { successors.append(-1) }
            successors[previous] = index
        }
        previous = index + 1
        if groups[index].kind == family.kind {
            groups[index].add(family, section: section)
        } else {
            reportKind(of: family, section, groups[index].kind)
        }
    }

    @inline(__always)
    private mutating func isName(of family: EncodedFamily, _ name: String) -> Bool {
        if family.hasPlainName || format.escaping == .allowUTF8 { return family.name.hasSameBytes(as: name) }
        return escapedName(of: family).hasSameBytes(as: name)
    }

    private mutating func reportKind(of family: EncodedFamily, _ section: Int32, _ kind: MetricKind) {
        let detail = "\(sections[Int(section)].id): is a \(family.kind), but a \(kind) in a section before"
        log.add(.typeConflict, family: family.name, count: family.sampleCount, detail: detail)
    }

    private mutating func findGroup(_ family: EncodedFamily) -> Int {
        let name = escapedName(of: family)
        if let index = indices[ExactName(name)] { return index }
        indices[ExactName(name)] = groups.count
        groups.append(PageGroup(name: name, kind: family.kind))
        return groups.count - 1
    }

    private mutating func escapedName(of family: EncodedFamily) -> String {
        if family.hasPlainName || format.escaping == .allowUTF8 { return family.name }
        if let known = escapedNames[ExactName(family.name)] { return known }
        let escaped = format.escaping.escape(metricName: family.name)
        escapedNames[ExactName(family.name)] = escaped
        return escaped
    }

    // MARK: Suffixes

    /// Leaves out families whose samples would have the names of a histogram's or summary's, or the other way round,
    /// whichever comes from the later section.
    mutating func resolveSuffixCollisions() {
        for index in groups.indices {
            for suffix in SuffixCollision.suffixes(of: groups[index].kind) {
                guard groups[index].count > 0,
                    let other = indices[ExactName(groups[index].name + suffix)],
                    let section = groups[index].sections.first,
                    let otherSection = groups[other].sections.first
                else { continue }
                // Within one section the encoder has decided already, except for names that are escaped alike.
                if section <= otherSection { drop(other, for: index) } else { drop(index, for: other) }
            }
        }
    }

    private mutating func drop(_ index: Int, for other: Int) {
        let group = groups[index]
        for member in 0..<group.count {
            let (name, count) = group.withFamily(member) { ($0.name, $0.sampleCount) }
            let (id, otherName) = (sectionID(index, member), groups[other].name.bounded(to: 200))
            let detail = "\(id): its samples and those of \(otherName) have the same names"
            log.add(.typeConflict, family: name, count: count, detail: detail)
        }
        groups[index] = PageGroup(name: group.name, kind: group.kind)
    }

    private func sectionID(_ group: Int, _ member: Int) -> String {
        sections[Int(groups[group].sections[member])].id
    }

    // MARK: Duplicates

    /// Leaves out series that are in an earlier section, too.
    mutating func resolveDuplicates() {
        let overlap = SectionOverlap(sections.map { $0.labels }, escaping: format.escaping)
        // Families of one kind of exporter have the same sections: what was found for one holds for the next.
        var known: [(sections: [Int32], pairs: [SectionOverlap.Suspects])] = []
        for index in groups.indices {
            let group = groups[index]
            if group.count < 2 || (!overlap.isPossible && !group.hasRepeatedSections) { continue }
            let pairs: [SectionOverlap.Suspects]
            if let same = known.first(where: { $0.sections == group.sections }) {
                pairs = same.pairs
            } else {
                pairs = overlap.suspects(
                    among: group.sections,
                    hasRepeatedSections: group.hasRepeatedSections
                )
                if known.count == Self.knownLimit { known.removeFirst() }
                known.append((group.sections, pairs))
            }
            let members = pairs.filter { $0.isConfirmed(by: group, format) }.flatMap { $0.left + $0.right }
            if !members.isEmpty { removeDuplicates(from: index, among: Set(members).sorted()) }
        }
    }

    private mutating func removeDuplicates(from index: Int, among members: [Int]) {
        var seen: Set<SeriesKey> = []
        for member in members {
            let name = groups[index].withFamily(member) { $0.name }
            let rendition = groups[index].rendition(of: member, in: format)
            var kept: [UInt8] = []
            var removed = 0
            var example = ""
            rendition.body.withUnsafeBufferPointer { bytes in
                var line = SampleLine()
                var keptUntil = 0
                SampleLine.forEach(in: bytes) { range in
                    let key = line.parse(bytes, range) ? SeriesKey(line, in: bytes) : SeriesKey(whole: range, in: bytes)
                    if seen.insert(key).inserted { return }
                    if removed == 0 { example = String(decoding: bytes[range], as: UTF8.self) }
                    removed += 1
                    kept.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[keptUntil..<range.lowerBound]))
                    keptUntil = min(range.upperBound + 1, bytes.count)
                }
                if removed > 0 { kept.append(contentsOf: UnsafeBufferPointer(rebasing: bytes[keptUntil...])) }
            }
            if removed == 0 { continue }
            let detail = "\(sectionID(index, member)): \(example)"
            log.add(.duplicateSeries, family: name, count: removed, detail: detail)
            let rest = Rendition(
                body: kept,
                sampleCount: rendition.sampleCount - removed,
                problems: rendition.problems
            )
            groups[index].replace(member, by: rest)
        }
    }
}
