import Exposition

/// Brings the families of the parts and collectors of one exporter together into one list, sorted by name, each name
/// once and each series once. What came first stays.
struct FamilyJoiner {
    private(set) var families: [EncodedFamily] = []
    private(set) var problems: [SampleProblem] = []

    /// Joins lists.
    ///
    /// - Parameters:
    ///   - lists: The lists.
    ///   - order: In which order the last join of similar lists took all families, one list after the other. It is mostly the
    ///     same again, and to see that costs less than to sort.
    init(_ lists: [[EncodedFamily]], order: inout [Int32]) {
        let all = Array(lists.joined())
        if order.count != all.count { order = (0..<all.count).map { Int32(truncatingIfNeeded: $0) } }
        families = order.map { all[Int($0)] }
        if zip(families, families.dropFirst()).allSatisfy({ $0.precedes($1) }) { return }
        // Of one name the first list's comes first.
        order.sort { left, right in
            let (first, second) = (all[Int(left)], all[Int(right)])
            return first.precedes(second) || (left < right && !second.precedes(first))
        }
        families.removeAll(keepingCapacity: true)
        let sorted = order.map { all[Int($0)] }
        var start = sorted.startIndex
        while start < sorted.endIndex {
            var end = start + 1
            while end < sorted.endIndex, !sorted[start].precedes(sorted[end]) { end += 1 }
            families.append(end - start == 1 ? sorted[start] : join(sorted[start..<end]))
            start = end
        }
    }

    private mutating func join(_ group: ArraySlice<EncodedFamily>) -> EncodedFamily {
        let first = group[group.startIndex]
        var fitting: [EncodedFamily] = []
        for family in group {
            if family.kind == first.kind {
                fitting.append(family)
            } else {
                let detail = "is a \(family.kind.rawValue), but was a \(first.kind.rawValue) in an earlier part"
                report(.typeConflict, family, detail, count: family.sampleCount)
            }
        }
        guard fitting.count > 1 else { return first }
        var seen: Set<[UInt8]> = []
        var body: [UInt8] = []
        body.reserveCapacity(fitting.reduce(0) { $0 + $1.body.count })
        var sampleCount = 0
        for family in fitting {
            let added = append(family, to: &body, seen: &seen)
            sampleCount += added
            if added < family.sampleCount {
                report(.duplicateSeries, family, "also in an earlier part", count: family.sampleCount - added)
            }
        }
        return EncodedFamily(
            name: first.name,
            kind: first.kind,
            help: fitting.first { !$0.help.isEmpty }?.help ?? "",
            unit: fitting.lazy.compactMap(\.unit).first,
            sampleCount: sampleCount,
            body: body
        )
    }

    /// Appends the lines whose series are new, and returns how many they are.
    private func append(_ family: EncodedFamily, to body: inout [UInt8], seen: inout Set<[UInt8]>) -> Int {
        let numbering: String? =
            switch family.kind {
            case .histogram: "le"
            case .summary: "quantile"
            case .counter, .gauge, .info, .unknown: nil
            }
        var own: Set<[UInt8]> = []
        var added = 0
        for line in family.body.split(separator: UInt8(ascii: "\n")) {
            let key = SeriesText.key(of: line, numbering: numbering) ?? Array(line)
            if seen.contains(key) { continue }
            own.insert(key)
            body.append(contentsOf: line)
            body.append(UInt8(ascii: "\n"))
            added += 1
        }
        seen.formUnion(own)
        return added
    }

    private mutating func report(_ reason: SampleProblem.Reason, _ family: EncodedFamily, _ detail: String, count: Int)
    {
        problems.append(SampleProblem(reason: reason, family: family.name, detail: detail, count: count))
    }
}
