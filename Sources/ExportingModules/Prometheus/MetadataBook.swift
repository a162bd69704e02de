/// Which descriptions of families the receiver has been told, and when.
struct MetadataBook {
    /// How many families are remembered; the descriptions of further ones are not sent.
    static let limit = 20_000

    private struct Entry {
        var family: SampleFamily
        var sent: Int64?
    }

    /// How often a description is sent again, in milliseconds.
    private let interval: Int64
    private var entries: [String: Entry] = [:]
    private var attempted: Int64?

    /// Creates an empty book.
    ///
    /// - Parameter interval: How often a description is sent again, in milliseconds; 0 for never at all.
    init(interval: Int64) {
        self.interval = interval
    }

    /// Notes the families of samples, and returns those that are to be described now: new ones, changed ones, and those
    /// that were described too long ago.
    mutating func due(_ samples: [Sample], at time: Int64) -> [SampleFamily] {
        guard interval > 0 else { return [] }
        var due: [SampleFamily] = []
        var names: Set<String> = []
        var last: SampleFamily?
        for sample in samples where sample.family !== last {
            let family = sample.family
            last = family
            if let entry = entries[family.name] {
                if entry.family == family {
                    if let sent = entry.sent, time - sent < interval, time >= sent { continue }
                    if entry.sent == nil, let attempted, time - attempted < min(interval, 30_000), time >= attempted {
                        continue
                    }
                } else {
                    entries[family.name]?.family = family
                }
            } else {
                guard entries.count < Self.limit else { continue }
                entries[family.name] = Entry(family: family)
            }
            if names.insert(family.name).inserted { due.append(family) }
        }
        return due
    }

    /// Notes that families were described, or that it was tried in vain.
    mutating func note(_ families: [SampleFamily], accepted: Bool, at time: Int64) {
        attempted = time
        for family in families { entries[family.name]?.sent = accepted ? time : nil }
    }
}
