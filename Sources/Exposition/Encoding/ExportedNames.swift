/// The names that collected labels get where the service has a label of the same name.
package enum ExportedNames {
    /// Another name for each label that clashes, by its place: `exported_` before it, again until it is free. Shorter ones
    /// choose first, as in Prometheus.
    package static func of(_ pattern: [Label], beside serviceLabels: [Label]) -> [Int: String] {
        let clashes = pattern.indices.filter { index in
            serviceLabels.contains { $0.name.hasSameBytes(as: pattern[index].name) }
        }
        if clashes.isEmpty { return [:] }
        var taken = Set((serviceLabels + pattern).map { ExactName($0.name) })
        var names: [Int: String] = [:]
        for index in clashes.sorted(by: { pattern[$0].name.utf8.count < pattern[$1].name.utf8.count }) {
            var free = pattern[index].name
            repeat { free = "exported_" + free } while taken.contains(ExactName(free))
            taken.insert(ExactName(free))
            names[index] = free
        }
        return names
    }
}
