/// What a source answered: the services that exist, and the entries that had to be left out.
public struct SourceListing: Sendable, Hashable {
    /// Everything that exists now.
    public var services: [Service]
    /// What was left out or is not as it should be, and why.
    public var problems: [SourceProblem]

    /// Creates a listing.
    public init(services: [Service] = [], problems: [SourceProblem] = []) {
        self.services = services
        self.problems = problems
    }

    /// Removes repetitions: of several services with one name, address and port only the first stays. Those that are
    /// not equal to it leave a problem each.
    mutating func collapseDuplicates() {
        var seen: [ServiceIdentity: Int] = [:]
        seen.reserveCapacity(services.count)
        var kept: [Service] = []
        kept.reserveCapacity(services.count)
        for service in services {
            let identity = ServiceIdentity(service)
            if let index = seen[identity] {
                if kept[index] == service { continue }
                problems.append(
                    SourceProblem(entry: service.description, reason: "listed more than once; the first one counts")
                )
            } else {
                seen[identity] = kept.count
                kept.append(service)
            }
        }
        services = kept
    }
}
