import Discovery

/// Everything a ``ServiceTable`` knows of one key.
struct ServiceEntry: Sendable {
    /// An exporter, open or about to be.
    struct Exporter: Sendable {
        var generation: UInt64
        var service: MatchedService
    }

    /// That a source reports the service.
    struct Claim: Sendable {
        var source: Int
        var service: MatchedService
        /// Since when the source has not reported it any more, while its grace lasts.
        var absentSince: Duration?
        /// Since when its removal is held.
        var heldSince: Duration?
    }

    let key: ServiceKey
    /// Who reports it, by source; the first owns it.
    var claims: [Claim] = []
    /// The open exporter.
    var live: Exporter?
    /// The one that is being opened.
    var candidate: Exporter?
    /// Exporters whose closing has been asked for and not been reported.
    var closing: [UInt64] = []
    /// The last service that was known, for when no source reports it any more.
    var last: MatchedService
    var failures = 0
    var lastError: String?
    var nextAttempt: Duration?
    /// The hash that failed, because a changed service is tried at once.
    var failedHash: ServiceHash?
    var since: Duration

    /// What should be exported; nil if nothing should.
    var wanted: MatchedService? { claims.first?.service }

    /// Whether nothing is left of it.
    var isGone: Bool { claims.isEmpty && live == nil && candidate == nil && closing.isEmpty }

    func claimIndex(of source: Int) -> Int? {
        claims.firstIndex { $0.source == source }
    }

    mutating func insert(_ claim: Claim) {
        let index = claims.firstIndex { $0.source > claim.source } ?? claims.count
        claims.insert(claim, at: index)
        last = claim.service
    }

    mutating func modifyClaim(_ index: Int, _ change: (inout Claim) -> Void) {
        change(&claims[index])
        last = claims[index].service
    }

    mutating func forgetFailure() {
        failures = 0
        lastError = nil
        nextAttempt = nil
        failedHash = nil
    }
}
