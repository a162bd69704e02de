/// Brings families of one name together and keeps out those that do not go with what came before them.
package struct FamilyMerger {
    private var families: [MergedFamily] = []
    private var indices: [ExactName: Int] = [:]

    /// The families that are left, sorted by the bytes of their names.
    package static func merge(_ families: [MetricFamily], _ log: inout ProblemLog) -> [MergedFamily] {
        if let merged = inOrder(families) { return merged }
        var merger = FamilyMerger()
        merger.families.reserveCapacity(families.count)
        merger.indices.reserveCapacity(families.count)
        for index in families.indices { merger.add(families[index], at: index, &log) }
        let merged = merger.families
        // Positions are cheaper to sort than families.
        let order = merged.indices.sorted { merged[$0].name.precedesByBytes(merged[$1].name) }
        return order.map { merged[$0] }
    }

    /// The families if nothing is special about them: nil if two have one name, if a name is illegal, or if there are kinds
    /// whose lines have other names than the family.
    private static func inOrder(_ families: [MetricFamily]) -> [MergedFamily]? {
        families.withUnsafeBufferPointer { inOrder($0) }
    }

    private static func inOrder(_ families: UnsafeBufferPointer<MetricFamily>) -> [MergedFamily]? {
        var order: [Int] = []
        order.reserveCapacity(families.count)
        var isSorted = true
        for index in families.indices where !families[index].metrics.isEmpty {
            switch families[index].kind {
            case .histogram, .summary: return nil
            case .counter, .gauge, .info, .unknown: break
            }
            if NameRules.problem(withMetricName: families[index].name) != nil { return nil }
            if isSorted, let last = order.last {
                isSorted = families[last].name.precedesByBytes(families[index].name)
            }
            order.append(index)
        }
        if !isSorted {
            order.sort { families[$0].name.precedesByBytes(families[$1].name) }
            for (left, right) in zip(order, order.dropFirst())
            where families[left].name.hasSameBytes(as: families[right].name) {
                return nil
            }
        }
        return order.map { MergedFamily(name: families[$0].name, kind: families[$0].kind, first: $0) }
    }

    private mutating func add(_ family: MetricFamily, at position: Int, _ log: inout ProblemLog) {
        if family.metrics.isEmpty { return }
        if let problem = NameRules.problem(withMetricName: family.name) {
            log.add(.illegalName, family: family.name, count: family.lineCount, detail: problem)
            return
        }
        let name = ExactName(family.name)
        if let index = indices[name] {
            if families[index].kind != family.kind {
                log.add(
                    .typeConflict,
                    family: family.name,
                    count: family.lineCount,
                    detail: "is a \(family.kind), but was a \(families[index].kind) before"
                )
                return
            }
            families[index].others.append(position)
            return
        }
        let other = SuffixCollision.find(name: family.name, kind: family.kind) { name in
            indices[ExactName(name)].map { families[$0].kind }
        }
        if let other {
            log.add(
                .typeConflict,
                family: family.name,
                count: family.lineCount,
                detail: "its samples and those of \(other.bounded(to: 200)) have the same names"
            )
            return
        }
        indices[name] = families.count
        families.append(MergedFamily(name: family.name, kind: family.kind, first: position))
    }
}

extension MetricFamily {
    /// How many lines its samples take.
    fileprivate var lineCount: Int {
        metrics.reduce(0) { sum, metric in
            switch metric.value {
            case .number: sum + 1
            case .histogram(let value): sum + DistributionShape(value).lineCount
            case .summary(let value): sum + DistributionShape(value).lineCount
            }
        }
    }
}
