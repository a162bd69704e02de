/// The addresses of hosts, for as long as libcurl would keep them itself.
struct AddressCache {
    private struct Entry {
        var addresses: [String]
        var until: ContinuousClock.Instant
    }

    private static let lifetime = Duration.seconds(60)
    private static let maximumCount = 4096

    private var entries: [String: Entry] = [:]

    var count: Int { entries.count }

    func addresses(of host: String, at now: ContinuousClock.Instant) -> [String]? {
        entries[host].flatMap { now < $0.until ? $0.addresses : nil }
    }

    mutating func store(_ addresses: [String], of host: String, at now: ContinuousClock.Instant) {
        if entries.count >= Self.maximumCount, entries[host] == nil {
            entries = entries.filter { now < $0.value.until }
            if entries.count >= Self.maximumCount { entries = [:] }
        }
        entries[host] = Entry(addresses: addresses, until: now + Self.lifetime)
    }

    mutating func forget(_ host: String) {
        entries[host] = nil
    }
}
