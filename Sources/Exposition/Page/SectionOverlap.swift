/// Finds the sections of a page that can hold the same series, from the labels that are in all their lines.
///
/// A label that two sections both have, with different values, tells all their series apart. So two sections can only
/// share a series if their labels are equal, or if one has labels that the other has not, and then only if the other
/// collected a label of that name. Sections are looked at by shape, which is the list of their label names: there are
/// few, however many sections there are.
struct SectionOverlap {
    /// Members of a group that can hold the same series.
    struct Suspects {
        /// Positions in the group.
        var left: [Int]
        /// Positions in the group of those that each of `left` can share series with; empty if they are all in `left`.
        var right: [Int]
        /// A label name that lines of `left` must hold for that; nil if there is no such condition.
        var leftNeeds: String?
        /// A label name that lines of `right` must hold for that.
        var rightNeeds: String?

        /// Whether the label names that are needed are found at all in the lines.
        func isConfirmed(by group: PageGroup, _ members: PageMembers, _ format: ExpositionFormat) -> Bool {
            Self.holds(leftNeeds, group, members, left, format) && Self.holds(rightNeeds, group, members, right, format)
        }

        private static func holds(
            _ name: String?,
            _ group: PageGroup,
            _ members: PageMembers,
            _ positions: [Int],
            _ format: ExpositionFormat
        ) -> Bool {
            guard let name else { return true }
            var pattern: [UInt8] = []
            pattern.append(labelName: name)
            pattern.append(contentsOf: #"=""#.utf8)
            return positions.contains { position in
                let body = members.rendition(of: group.start + position, in: format).body
                return Bytes.contains(pattern, in: body)
            }
        }
    }

    /// Beyond so many shapes in one group their pairs are not looked at one by one.
    private static let shapeLimit = 16

    /// The labels of each section, without empty ones, names escaped.
    private let labels: [LabelSet]
    private var shapes: [Int] = []
    private var shapeNames: [[String]] = []
    /// The shapes that have sections with equal labels.
    private var repeatedShapes: Set<Int> = []
    /// Whether any two sections of the page can overlap at all.
    var isPossible: Bool { shapeNames.count > 1 || !repeatedShapes.isEmpty }

    init(_ sections: [LabelSet], escaping: EscapingScheme) {
        labels = sections.map { Self.normalize($0, escaping) }
        var numbers: [[ExactName]: Int] = [:]
        var seen: Set<LabelSet> = []
        for set in labels {
            let isNew = seen.insert(set).inserted
            defer { if !isNew, let last = shapes.last { repeatedShapes.insert(last) } }
            if let last = shapes.last, Self.haveSameNames(shapeNames[last], set) {
                shapes.append(last)
                continue
            }
            let names = set.labels.map { ExactName($0.name) }
            let number = numbers[names] ?? shapeNames.count
            if number == shapeNames.count {
                numbers[names] = number
                shapeNames.append(names.map(\.text))
            }
            shapes.append(number)
        }
    }

    /// Which members of a group can hold the same series.
    ///
    /// - Parameters:
    ///   - sections: The section of each member.
    ///   - hasRepeatedSections: Whether a section is there twice.
    func suspects(among sections: ArraySlice<Int32>, hasRepeatedSections: Bool) -> [Suspects] {
        let sections = sections.map(Int.init)
        var members: [Int: [Int]] = [:]
        var last: (shape: Int, members: [Int]) = (-1, [])
        for (member, section) in sections.enumerated() {
            if shapes[section] != last.shape {
                members[last.shape, default: []] += last.members
                last = (shapes[section], [])
            }
            last.members.append(member)
        }
        members[last.shape, default: []] += last.members
        members[-1] = nil
        let present = members.keys.sorted()
        var result: [Suspects] = []
        for shape in present where hasRepeatedSections || repeatedShapes.contains(shape) {
            let equal = Self.repeated(members[shape] ?? []) { labels[sections[$0]] }
            if !equal.isEmpty { result.append(Suspects(left: equal, right: [])) }
        }
        if present.count > Self.shapeLimit {
            let all = Array(sections.indices)
            let common = present.dropFirst().reduce(Set(names(present[0]))) { $0.intersection(names($1)) }
            let equal = Self.repeated(all) { project(sections[$0], common) }
            if !equal.isEmpty { result.append(Suspects(left: equal, right: [])) }
            return result
        }
        for (position, first) in present.enumerated() {
            for second in present[(position + 1)...] {
                if let pair = pair(first, members[first] ?? [], second, members[second] ?? [], sections) {
                    result.append(pair)
                }
            }
        }
        return result
    }

    private func pair(
        _ first: Int,
        _ firstMembers: [Int],
        _ second: Int,
        _ secondMembers: [Int],
        _ sections: [Int]
    ) -> Suspects? {
        let common = Set(names(first)).intersection(names(second))
        let firstValues = Set(firstMembers.map { project(sections[$0], common) })
        let right = secondMembers.filter { firstValues.contains(project(sections[$0], common)) }
        if right.isEmpty { return nil }
        let rightValues = Set(right.map { project(sections[$0], common) })
        return Suspects(
            left: firstMembers.filter { rightValues.contains(project(sections[$0], common)) },
            right: right,
            leftNeeds: names(second).first { !common.contains($0) }?.text,
            rightNeeds: names(first).first { !common.contains($0) }?.text
        )
    }

    private func names(_ shape: Int) -> [ExactName] {
        shapeNames[shape].map(ExactName.init)
    }

    private func project(_ section: Int, _ names: Set<ExactName>) -> [Label] {
        labels[section].labels.filter { names.contains(ExactName($0.name)) }
    }

    /// The members whose key another one has, too.
    private static func repeated<Key: Hashable>(_ members: [Int], _ key: (Int) -> Key) -> [Int] {
        var counts: [Key: Int] = [:]
        for member in members { counts[key(member), default: 0] += 1 }
        if counts.count == members.count { return [] }
        return members.filter { (counts[key($0)] ?? 0) > 1 }
    }

    private static func haveSameNames(_ names: [String], _ set: LabelSet) -> Bool {
        names.count == set.count && zip(names, set.labels).allSatisfy { $0.hasSameBytes(as: $1.name) }
    }

    /// The labels as they are in the lines: without those that the encoder leaves out, names escaped.
    private static func normalize(_ set: LabelSet, _ escaping: EscapingScheme) -> LabelSet {
        let isWritten = { (label: Label) in
            !label.value.isEmpty && NameRules.problem(withLabelName: label.name) == nil
        }
        let isPlain = set.labels.allSatisfy { label in
            isWritten(label) && (escaping == .allowUTF8 || NameRules.isPlainLabelName(label.name))
        }
        if isPlain { return set }
        return LabelSet(set.labels.filter(isWritten).map { Label(escaping.escape(labelName: $0.name), $0.value) })
    }
}
