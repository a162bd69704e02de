import Exposition

/// Brings the families of the parts and collectors of one exporter together into one list, sorted by name, each name
/// once and each series once. What came first stays.
struct FamilyJoiner {
    private(set) var families: [EncodedFamily] = []
    private(set) var problems: [SampleProblem] = []

    /// Joins lists of which each is sorted by name.
    init(_ lists: [[EncodedFamily]]) {
        let lists = lists.filter { !$0.isEmpty }
        guard lists.count > 1 else {
            families = lists.first ?? []
            return
        }
        // Sorting is stable, so that of one name the first list's comes first.
        let all = lists.joined().sorted { Self.precedes($0.name, $1.name) }
        families.reserveCapacity(all.count)
        var start = all.startIndex
        while start < all.endIndex {
            var end = start + 1
            while end < all.endIndex, all[end].name.utf8.elementsEqual(all[start].name.utf8) { end += 1 }
            families.append(end - start == 1 ? all[start] : join(all[start..<end]))
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

    /// By the bytes of the names: the order that pages are in.
    private static func precedes(_ left: String, _ right: String) -> Bool {
        let fast = left.utf8.withContiguousStorageIfAvailable { left in
            right.utf8.withContiguousStorageIfAvailable { left.lexicographicallyPrecedes($0) }
        }
        return (fast ?? nil) ?? left.utf8.lexicographicallyPrecedes(right.utf8)
    }
}
