import HTTPTypes

/// The paths that are answered.
enum Route: Sendable {
    case home
    case metrics
    case services
    case sources
    case history
    case modules
    case alerts
    case healthy
    case ready
    case confirmRemovals
    case refresh

    init?(path: String) {
        switch path {
        case "/": self = .home
        case "/metrics": self = .metrics
        case "/api/v1/services": self = .services
        case "/api/v1/sources": self = .sources
        case "/api/v1/history": self = .history
        case "/api/v1/modules": self = .modules
        case "/api/v1/alerts": self = .alerts
        case "/-/healthy": self = .healthy
        case "/-/ready": self = .ready
        case "/-/confirm-removals": self = .confirmRemovals
        case "/-/refresh": self = .refresh
        default: return nil
        }
    }

    /// What can be done with it; GET includes HEAD.
    var methods: [HTTPRequest.Method] {
        switch self {
        case .confirmRemovals, .refresh: [.post]
        default: [.get]
        }
    }
}
