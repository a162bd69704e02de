import Discovery

extension MatchedService {
    /// What ``Discovery/MatchedService/isSame(as:)`` says, at half its cost: most calls compare equal services, and small
    /// dictionaries can be compared without hashing their keys.
    func isUnchanged(from old: MatchedService) -> Bool {
        self === old
            || (hash == old.hash && key == old.key
                && labels.hasSameEntries(as: old.labels)
                && service.name == old.service.name && service.address == old.service.address
                && service.port == old.service.port && service.tags == old.service.tags
                && service.labels.hasSameEntries(as: old.service.labels)
                && service.options.hasSameEntries(as: old.service.options)
                && service.metadata.hasSameEntries(as: old.service.metadata)
                && source == old.source)
    }
}

extension [String: String] {
    /// Whether both have the same keys and values. Small ones are searched, each key from where the last was found:
    /// comparing some short strings costs less than hashing one.
    fileprivate func hasSameEntries(as other: [String: String]) -> Bool {
        guard count == other.count else { return false }
        guard !isEmpty else { return true }
        guard count <= 8 else { return self == other }
        var place = other.startIndex
        for (key, value) in self {
            var left = count
            while other[place].key != key {
                left -= 1
                guard left > 0 else { return false }
                place = other.next(after: place)
            }
            guard other[place].value == value else { return false }
            place = other.next(after: place)
        }
        return true
    }

    /// The next place, the first after the last.
    private func next(after place: Index) -> Index {
        let next = index(after: place)
        return next == endIndex ? startIndex : next
    }
}
