import Discovery
import Dispatching
import Logging

/// Logs changes of state: one line each, nothing for each tick.
enum EventLog {
    static func write(_ event: DispatchEvent, to logger: Logger) {
        var metadata: Logger.Metadata = [:]
        if let service = event.service {
            metadata["service"] = "\(service.key)"
            metadata["hash"] = "\(service.hash)"
        }
        if let source = event.source { metadata["source"] = "\(source)" }
        if let detail = event.detail { metadata[isError(event.kind) ? "error" : "detail"] = "\(detail)" }
        logger.log(level: level(event), message(event.kind), metadata: metadata)
    }

    private static func isError(_ kind: DispatchEvent.Kind) -> Bool {
        kind == .registrationFailed || kind == .sourceFailed
    }

    private static func level(_ event: DispatchEvent) -> Logger.Level {
        switch event.kind {
        case .registrationFailed, .sourceFailed, .removalHeld, .staleListDropped: .warning
        case .updated: .debug
        // At the end of the agent every service goes; one line about all of them is enough.
        case .unregistered where event.detail == Unregistration.Reason.shutdown.rawValue: .debug
        default: .info
        }
    }

    private static func message(_ kind: DispatchEvent.Kind) -> Logger.Message {
        switch kind {
        case .registered: "A service is monitored"
        case .replaced: "A service's exporter was replaced"
        case .registrationFailed: "A service cannot be set up; it is tried again"
        case .updated: "A service's labels changed"
        case .unregistered: "A service is let go"
        case .sourceFailed: "A source fails; its last list stays in force"
        case .sourceRecovered: "A source works again"
        case .staleListDropped: "A source has failed for too long; its services are let go"
        case .removalHeld: "A removal looks suspicious and is held"
        case .removalApplied: "A held removal is applied"
        case .removalReleased: "What was held is there again"
        }
    }
}
