import Analysis

/// `/api/v1/services`.
struct ServicesAnswer: Encodable {
    var version: String
    var agent: String
    var time: Double
    var services: [ServiceReport]
    var unmatched: [UnmatchedReport]

    init(_ report: AgentReport, filter: ServiceFilter) {
        version = report.version
        agent = report.agent
        time = report.time
        services = report.services.filter { filter.accepts(service: $0.name, hash: $0.hash) }
        unmatched = filter.hash == nil ? report.unmatched.filter { filter.accepts(service: $0.name, hash: "") } : []
    }
}

/// `/api/v1/sources`.
struct SourcesAnswer: Encodable {
    var sources: [SourceReport]
}

/// `/api/v1/history`.
struct HistoryAnswer: Encodable {
    var events: [HistoryEvent]
}

/// `/api/v1/modules`.
struct ModulesAnswer: Encodable {
    var modules: [ModuleReport]
}

/// `/api/v1/alerts`: those that go on by start, then those that are over, the last first.
struct AlertsAnswer: Encodable {
    var firing: [SpotAlert]
    var resolved: [SpotAlert]
}
