extension MatchedService {
    /// Compares services that are most likely equal, part by part. It is here and not where it is called because only
    /// within the module are the parts compared without being copied.
    func hasSameContent(as other: MatchedService) -> Bool {
        hash.description == other.hash.description
            && key == other.key
            && source == other.source
            && service.name == other.service.name
            && service.address == other.service.address
            && service.port == other.service.port
            && service.tags == other.service.tags
            && labels.hasSameEntries(as: other.labels)
            && service.labels.hasSameEntries(as: other.service.labels)
            && service.options.hasSameEntries(as: other.service.options)
            && service.metadata.hasSameEntries(as: other.service.metadata)
    }
}

extension [String: String] {
    /// What `==` says, at half its cost for the few short entries that services have: each key is looked for from where
    /// the last one was found, because comparing some short strings costs less than hashing one.
    fileprivate func hasSameEntries(as other: [String: String]) -> Bool {
        guard count == other.count else { return false }
        guard !isEmpty else { return true }
        guard count <= 8 else { return self == other }
        var place = other.startIndex
        for (key, value) in self {
            var left = count
            while true {
                let entry = other[place]
                other.formIndex(after: &place)
                if place == other.endIndex { place = other.startIndex }
                if entry.key == key {
                    guard entry.value == value else { return false }
                    break
                }
                left -= 1
                guard left > 0 else { return false }
            }
        }
        return true
    }
}
