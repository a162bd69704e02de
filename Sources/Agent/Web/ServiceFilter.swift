import Hummingbird
import HummingbirdCore

/// Which services a request is about: `?service=NAME` and `?hash=HASH`, both if both are given.
struct ServiceFilter: Sendable, Hashable {
    var service: String?
    var hash: String?

    init(service: String? = nil, hash: String? = nil) {
        self.service = service
        self.hash = hash
    }

    init(_ uri: URI) {
        service = uri.queryParameters["service"].map(String.init)
        hash = uri.queryParameters["hash"].map(String.init)
    }

    /// Whether it lets every service through.
    var isEmpty: Bool { service == nil && hash == nil }

    func accepts(service: String, hash: String) -> Bool {
        (self.service ?? service) == service && (self.hash ?? hash) == hash
    }
}
