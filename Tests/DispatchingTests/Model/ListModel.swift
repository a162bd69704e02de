import Discovery
import Dispatching

/// What the rules say about lists, as plainly as it can be written: which services are to be exported.
struct ListModel {
    struct Claim {
        var service: MatchedService
        var heldSince: Duration?
        var absentSince: Duration?
    }

    let configuration: DispatcherConfiguration
    var claims: [[ServiceKey: Claim]]
    var lastSuccess: [Duration?]
    var isFailing: [Bool]

    init(configuration: DispatcherConfiguration, sources: Int) {
        self.configuration = configuration
        claims = Array(repeating: [:], count: sources)
        lastSuccess = Array(repeating: nil, count: sources)
        isFailing = Array(repeating: false, count: sources)
    }

    mutating func succeed(_ source: Int, _ list: [MatchedService], at now: Duration) {
        lastSuccess[source] = now
        isFailing[source] = false
        let present = claims[source].filter { $0.value.absentSince == nil }
        let listed = Dictionary(list.map { ($0.key, $0) }) { first, _ in first }
        let missing = present.filter { listed[$0.key] == nil }
        let isSuspicious =
            list.isEmpty || Double(missing.count) > configuration.maximumRemoval * Double(present.count)
        for (key, claim) in missing {
            let since = claim.heldSince ?? now
            if isSuspicious, since + configuration.hold > now {
                claims[source][key]?.heldSince = since
            } else {
                claims[source][key]?.heldSince = nil
                claims[source][key]?.absentSince = since
            }
        }
        for (key, service) in listed { claims[source][key] = Claim(service: service) }
        endGrace(source, at: now, of: Set(missing.keys))
    }

    mutating func fail(_ source: Int) {
        isFailing[source] = true
    }

    mutating func tick(at now: Duration) {
        for source in claims.indices {
            endGrace(source, at: now, of: Set(claims[source].keys))
            if isFailing[source], let last = lastSuccess[source], last + configuration.keepStale <= now {
                claims[source] = [:]
            }
        }
    }

    mutating func confirm() -> Int {
        let held = heldCount
        for source in claims.indices { claims[source] = claims[source].filter { $0.value.heldSince == nil } }
        return held
    }

    mutating func shutDown() {
        for source in claims.indices { claims[source] = [:] }
    }

    var heldCount: Int {
        claims.map { $0.values.count { $0.heldSince != nil } }.reduce(0, +)
    }

    func wanted(_ key: ServiceKey) -> MatchedService? {
        claims.lazy.compactMap { $0[key]?.service }.first
    }

    private mutating func endGrace(_ source: Int, at now: Duration, of keys: Set<ServiceKey>) {
        for key in keys {
            guard let since = claims[source][key]?.absentSince, since + configuration.grace <= now else { continue }
            claims[source][key] = nil
        }
    }
}
