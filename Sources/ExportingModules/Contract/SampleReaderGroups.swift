import Exposition

/// Brings families of one name together and leaves out those that do not go with what came before them.
struct SampleReaderGroups {
    /// All families of one name.
    struct Group {
        let name: String
        let kind: MetricKind
        /// Their places in what was collected.
        var members: [Int]
    }

    private var groups: [Group] = []
    private var places: [SampleReaderNames.Exact: Int] = [:]

    /// The groups, in the order of their first families.
    static func of(_ families: [MetricFamily], _ problems: inout SampleReaderProblems) -> [Group] {
        var groups = SampleReaderGroups()
        groups.groups.reserveCapacity(families.count)
        groups.places.reserveCapacity(families.count)
        for index in families.indices where !families[index].metrics.isEmpty {
            groups.add(families[index], at: index, &problems)
        }
        return groups.groups
    }

    private mutating func add(_ family: MetricFamily, at index: Int, _ problems: inout SampleReaderProblems) {
        func leaveOut(_ reason: SampleProblem.Reason, _ detail: String) {
            problems.add(reason, family: family.name, count: Self.lineCount(of: family), detail: detail)
        }
        if let problem = SampleReaderNames.problem(withMetricName: family.name) {
            return leaveOut(.illegalName, problem)
        }
        let name = SampleReaderNames.Exact(text: family.name)
        if let place = places[name] {
            guard groups[place].kind == family.kind else {
                return leaveOut(.typeConflict, "is a \(family.kind), but was a \(groups[place].kind) before")
            }
            groups[place].members.append(index)
            return
        }
        if let other = collision(family.name, family.kind) {
            return leaveOut(.typeConflict, "its samples and those of \(other) have the same names")
        }
        places[name] = groups.count
        groups.append(Group(name: family.name, kind: family.kind, members: [index]))
    }

    /// A family whose samples would have the same names, such as a gauge `x_count` beside a summary `x`.
    private func collision(_ name: String, _ kind: MetricKind) -> String? {
        func kindOf(_ name: String) -> MetricKind? {
            places[SampleReaderNames.Exact(text: name)].map { groups[$0].kind }
        }
        for suffix in ["_bucket", "_count", "_sum"] where name.utf8.count > suffix.utf8.count {
            guard name.utf8.suffix(suffix.utf8.count).elementsEqual(suffix.utf8) else { continue }
            let base = String(decoding: name.utf8.dropLast(suffix.utf8.count), as: UTF8.self)
            if let other = kindOf(base), Self.suffixes(of: other).contains(suffix) { return base }
        }
        return Self.suffixes(of: kind).lazy.map { name + $0 }.first { kindOf($0) != nil }
    }

    private static func suffixes(of kind: MetricKind) -> [String] {
        switch kind {
        case .histogram: ["_bucket", "_count", "_sum"]
        case .summary: ["_count", "_sum"]
        case .counter, .gauge, .info, .unknown: []
        }
    }

    private static func lineCount(of family: MetricFamily) -> Int {
        family.metrics.reduce(0) { $0 + (SampleReaderShape($1.value)?.lineCount ?? 1) }
    }
}

/// Collects what was left out: one entry for each reason and family, with the first detail and an exact count. What is
/// beyond the bound is counted in one entry for each reason.
struct SampleReaderProblems {
    private struct Key: Hashable {
        var reason: SampleProblem.Reason
        var family: String
    }

    static let limit = 64

    private(set) var list: [SampleProblem] = []
    private var places: [Key: Int] = [:]

    mutating func add(
        _ reason: SampleProblem.Reason,
        family: String,
        count: Int,
        detail: @autoclosure () -> String
    ) {
        var key = Key(reason: reason, family: family)
        if places[key] == nil, list.count >= Self.limit { key.family = "" }
        if let place = places[key] {
            list[place].count += count
            return
        }
        let text = key.family == family ? Self.cut(detail(), to: 400) : "in more families than are listed"
        places[key] = list.count
        list.append(
            SampleProblem(reason: reason, family: Self.cut(key.family, to: 200), detail: text, count: count)
        )
    }

    private static func cut(_ text: String, to limit: Int) -> String {
        guard text.utf8.count > limit else { return text }
        return String(decoding: text.utf8.prefix(limit), as: UTF8.self) + "…"
    }
}
