import Discovery
import Dispatching

/// A service whose name is its key.
func service(
    _ name: String,
    _ hash: String = "1",
    labels: [String: String] = [:],
    source: String = "s"
) -> MatchedService {
    MatchedService(
        service: Service(name: name, address: "db", port: 5432, labels: labels),
        key: key(name),
        hash: ServiceHash(hash),
        labels: labels,
        source: source
    )
}

/// The key that ``service(_:_:labels:source:)`` gives.
func key(_ name: String) -> ServiceKey {
    ServiceKey(template: "t", name: name, address: "db", port: 5432)
}

/// Services `0`, `1`, `2` ...
func services(_ range: Range<Int>, hash: String = "1") -> [MatchedService] {
    range.map { service("\($0)", hash) }
}

extension [TableAction] {
    var registrations: [Registration] {
        compactMap { if case .register(let registration) = $0 { registration } else { nil } }
    }
    var updates: [Update] {
        compactMap { if case .update(let update) = $0 { update } else { nil } }
    }
    var unregistrations: [Unregistration] {
        compactMap { if case .unregister(let unregistration) = $0 { unregistration } else { nil } }
    }
    var polls: [Int] {
        compactMap { if case .poll(let source) = $0 { source } else { nil } }
    }
    var events: [DispatchEvent] {
        compactMap { if case .event(let event) = $0 { event } else { nil } }
    }
    /// Every action in short, in order, without the events: `+a.1 g1` opens, `-a.1 g1` closes, `~a.1 g1` updates.
    var brief: [String] {
        compactMap { action in
            switch action {
            case .register(let registration):
                "+\(registration.service.key.name).\(registration.service.hash) g\(registration.generation)"
            case .update(let update): "~\(update.service.key.name).\(update.service.hash) g\(update.generation)"
            case .unregister(let unregistration):
                "-\(unregistration.key.name).\(unregistration.hash) g\(unregistration.generation)"
            case .poll(let source): "?\(source)"
            case .event: nil
            }
        }
    }
}

extension ServiceTable {
    /// Polls a source successfully and reports every registration as done.
    mutating func establish(_ list: [MatchedService], source: Int = 0, at now: Duration = .zero) {
        for registration in pollSucceeded(source, list, at: now).registrations {
            _ = registered(registration.generation, at: now)
        }
    }

    func state(of name: String, at now: Duration = .zero) -> DispatcherStatus.Service? {
        status(at: now).services.first { $0.service.key.name == name }
    }
}
