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
    /// The families of all groups.
    private(set) var members: PageMembers
    /// The groups by name.
    private(set) var names: [ExactName: Int] = [:]
    private var escapedNames: [ExactName: String] = [:]

    init(_ sections: [PageSection], _ format: ExpositionFormat) {
        self.sections = sections
        self.format = format
        members = PageMembers([], &groups)
        members = PageMembers(group(), &groups)
    }

    /// The groups by the bytes of their names.
    func sortedGroups() -> [PageGroup] {
        groups.withUnsafeBufferPointer { groups in
            groups.indices.filter { groups[$0].count > 0 }
                .sorted { left, right in
                    groups[left].withName { left in groups[right].withName { Bytes.compare(left, $0) < 0 } }
                }
                .map { groups[$0] }
        }
    }

    // MARK: Grouping

    /// Sections of one kind of exporter have mostly the same families, so the group that came next in the last section
    /// is looked at first, before the dictionary.
    private mutating func group() -> [PageMembers.Entry] {
        let mostFamilies = sections.reduce(0) { max($0, $1.families.count) }
        groups.reserveCapacity(mostFamilies)
        names.reserveCapacity(mostFamilies)
        var entries: [PageMembers.Entry] = []
        entries.reserveCapacity(sections.reduce(0) { $0 + $1.families.count })
        var successors = [-1]
        for position in sections.indices {
            var previous = 0
            let section = Int32(truncatingIfNeeded: position)
            sections[position].families.withUnsafeBufferPointer { families in
                for index in families.indices {
                    // Passed on without counting a reference.
                    let reference = Unmanaged.passUnretained(families[index])
                    let group = reference._withUnsafeGuaranteedRef { add($0, section, &previous, &successors) }
                    if let group {
                        let number = Int32(truncatingIfNeeded: group)
                        entries.append(PageMembers.Entry(family: reference, section: section, group: number))
                    }
                }
            }
        }
        return entries
    }

    /// Adds a family to its group, whose number it returns; nil if it does not go with it.
    @inline(__always)
    private mutating func add(
        _ family: EncodedFamily,
        _ section: Int32,
        _ previous: inout Int,
        _ successors: inout [Int]
    ) -> Int? {
        if family.sampleCount == 0 { return nil }
        var index = successors[previous]
        if index < 0 || !isName(of: family, index) {
            index = findGroup(family)
            while successors.count <= groups.count { successors.append(-1) }
            successors[previous] = index
        }
        previous = index + 1
        guard groups[index].kind == family.kind else {
            reportKind(of: family, section, groups[index].kind)
            return nil
        }
        groups[index].add(family, section: section)
        return index
    }

    @inline(__always)
    private mutating func isName(of family: EncodedFamily, _ group: Int) -> Bool {
        if family.hasPlainName || format.escaping == .allowUTF8 { return groups[group].isNamed(likePlain: family) }
        return escapedName(of: family).hasSameBytes(as: groups[group].name)
    }

    private mutating func reportKind(of family: EncodedFamily, _ section: Int32, _ kind: MetricKind) {
        let detail = "\(sections[Int(section)].id): is a \(family.kind), but a \(kind) in a section before"
        log.add(.typeConflict, family: family.name, count: family.sampleCount, detail: detail)
    }

    private mutating func findGroup(_ family: EncodedFamily) -> Int {
        let isPlain = family.hasPlainName || format.escaping == .allowUTF8
        let escapedName = isPlain ? nil : escapedName(of: family)
        let next = groups.count
        // One look at the dictionary, which adds what is not there.
        let index = { (index: inout Int) in index }(&names[ExactName(escapedName ?? family.name), default: next])
        if index == next { groups.append(PageGroup(of: family, escapedName: escapedName)) }
        return index
    }

    private mutating func escapedName(of family: EncodedFamily) -> String {
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
                guard groups[index].count > 0, let other = names[ExactName(groups[index].name + suffix)] else {
                    continue
                }
                // Within one section the encoder has decided already, except for names that are escaped alike.
                if firstSection(of: index) <= firstSection(of: other) {
                    drop(other, for: index)
                } else {
                    drop(index, for: other)
                }
            }
        }
    }

    private func firstSection(of group: Int) -> Int32 {
        members.sections[groups[group].start]
    }

    private mutating func drop(_ index: Int, for other: Int) {
        for member in groups[index].members {
            let (name, count) = members.withFamily(member) { ($0.name, $0.sampleCount) }
            let (id, otherName) = (sectionID(member), groups[other].name.bounded(to: 200))
            let detail = "\(id): its samples and those of \(otherName) have the same names"
            log.add(.typeConflict, family: name, count: count, detail: detail)
        }
        groups[index].removeAll()
        names[ExactName(groups[index].name)] = nil
    }

    private func sectionID(_ member: Int) -> String {
        sections[Int(members.sections[member])].id
    }

    // MARK: Duplicates

    /// Leaves out series that are in an earlier section, too.
    mutating func resolveDuplicates() {
        let overlap = SectionOverlap(sections.map { $0.labels }, escaping: format.escaping)
        // Families of one kind of exporter have the same sections: what was found for one holds for the next.
        var known: [(sections: ArraySlice<Int32>, pairs: [SectionOverlap.Suspects])] = []
        for index in groups.indices {
            let group = groups[index]
            if group.count < 2 || (!overlap.isPossible && !group.hasRepeatedSections) { continue }
            let sections = members.sections[group.members]
            let pairs: [SectionOverlap.Suspects]
            if let same = known.first(where: { $0.sections == sections }) {
                pairs = same.pairs
            } else {
                pairs = overlap.suspects(among: sections, hasRepeatedSections: group.hasRepeatedSections)
                if known.count == Self.knownLimit { known.removeFirst() }
                known.append((sections, pairs))
            }
            let suspects = pairs.filter { $0.isConfirmed(by: group, members, format) }.flatMap { $0.left + $0.right }
            if !suspects.isEmpty { removeDuplicates(among: Set(suspects).sorted().map { group.start + $0 }) }
        }
    }

    private mutating func removeDuplicates(among suspects: [Int]) {
        var seen: Set<SeriesKey> = []
        for member in suspects {
            let name = members.withFamily(member) { $0.name }
            let rendition = members.rendition(of: member, in: format)
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
            let detail = "\(sectionID(member)): \(example)"
            log.add(.duplicateSeries, family: name, count: removed, detail: detail)
            let rest = Rendition(
                body: kept,
                sampleCount: rendition.sampleCount - removed,
                problems: rendition.problems
            )
            members.replace(member, by: rest)
        }
    }
}
