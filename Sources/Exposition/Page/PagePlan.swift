/// Sorts out what goes into a page: groups the families of all sections by name and leaves out what clashes.
struct PagePlan {
    private let sections: [PageSection]
    private let format: ExpositionFormat
    private(set) var log = ProblemLog()

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
        groups.filter { !$0.members.isEmpty }.sorted { $0.name.precedesByBytes($1.name) }
    }

    // MARK: Grouping

    /// Sections of one kind of exporter have mostly the same families, so the group that came next in the last section
    /// is looked at first, before the dictionary.
    private mutating func group() {
        var successors = [-1]
        for (position, section) in sections.enumerated() {
            var previous = 0
            for family in section.families where family.sampleCount > 0 {
                var index = successors[previous]
                let name = name(of: family)
                if index < 0 || !groups[index].name.hasSameBytes(as: name) {
                    index = findGroup(name, family)
                    while successors.count <= groups.count { successors.append(-1) }
                    successors[previous] = index
                }
                previous = index + 1
                if groups[index].kind == family.kind {
                    groups[index].add(family, section: position)
                } else {
                    log.add(
                        .typeConflict,
                        family: family.name,
                        count: family.sampleCount,
                        detail: "\(section.id): is a \(family.kind), but a \(groups[index].kind) in a section before"
                    )
                }
            }
        }
    }

    private mutating func findGroup(_ name: String, _ family: EncodedFamily) -> Int {
        if let index = indices[ExactName(name)] { return index }
        indices[ExactName(name)] = groups.count
        groups.append(PageGroup(name: name, kind: family.kind))
        return groups.count - 1
    }

    @inline(__always)
    private mutating func name(of family: EncodedFamily) -> String {
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
                guard !groups[index].members.isEmpty,
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
        for (family, section) in zip(group.members, group.sections) {
            log.add(
                .typeConflict,
                family: family.name,
                count: family.sampleCount,
                detail: """
                    \(sections[section].id): its samples and those of \(groups[other].name.bounded(to: 200)) \
                    have the same names
                    """
            )
        }
        groups[index] = PageGroup(name: group.name, kind: group.kind)
    }

    // MARK: Duplicates

    /// Leaves out series that are in an earlier section, too.
    mutating func resolveDuplicates() {
        let overlap = SectionOverlap(sections.map { $0.labels }, escaping: format.escaping)
        var suspects: (sections: [Int], pairs: [SectionOverlap.Suspects])?
        for index in groups.indices {
            let group = groups[index]
            if group.members.count < 2 || (!overlap.isPossible && !group.hasRepeatedSections) { continue }
            // Groups of one kind of exporter have the same sections: what was found for one holds for the next.
            if suspects?.sections != group.sections {
                suspects = (group.sections, overlap.suspects(among: group.sections))
            }
            guard let pairs = suspects?.pairs, !pairs.isEmpty else { continue }
            let members = pairs.filter { $0.isConfirmed(by: group, format) }.flatMap { $0.left + $0.right }
            if !members.isEmpty { removeDuplicates(from: index, among: Set(members).sorted()) }
        }
    }

    private mutating func removeDuplicates(from index: Int, among members: [Int]) {
        var seen: Set<SeriesKey> = []
        for member in members {
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
            log.add(
                .duplicateSeries,
                family: groups[index].members[member].name,
                count: removed,
                detail: "\(sections[groups[index].sections[member]].id): \(example)"
            )
            let rest = Rendition(
                body: kept,
                sampleCount: rendition.sampleCount - removed,
                problems: rendition.problems
            )
            groups[index].replace(member, by: rest)
        }
    }
}
