import Exposition

/// Finds metrics of a family that are there twice. A collector mostly yields its metrics in order, which is seen by one
/// comparison each; only when they are not, all are remembered.
struct SampleDuplicates {
    /// What tells one from another.
    struct Key: Hashable {
        var labels: LabelSet
        var timestamp: Int64
    }

    private var keys: [Key] = []
    private var seen: Set<Key> = []
    private var isInOrder = true
    private var last: [Label] = []

    /// Takes note of a metric; false if it was there before.
    ///
    /// - Parameters:
    ///   - key: What it is among the others.
    ///   - own: Its labels without the service's.
    ///   - isSameLayout: Whether they have the names of the one before.
    mutating func add(_ key: Key, own: [Label], isSameLayout: Bool) -> Bool {
        if isInOrder {
            if keys.isEmpty || (isSameLayout && isAfterLast(own, key.timestamp)) {
                keys.append(key)
                last = own
                return true
            }
            isInOrder = false
            seen = Set(keys)
        }
        return seen.insert(key).inserted
    }

    private func isAfterLast(_ labels: [Label], _ timestamp: Int64) -> Bool {
        for index in labels.indices {
            let (value, before) = (labels[index].value, last[index].value)
            // An empty label is no label, so the order of the values says nothing.
            if value.isEmpty || before.isEmpty { return false }
            if before.precedesByBytes(value) { return true }
            if !before.hasSameBytes(as: value) { return false }
        }
        return timestamp > keys[keys.count - 1].timestamp
    }
}
