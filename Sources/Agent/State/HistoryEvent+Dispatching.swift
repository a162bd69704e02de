import Discovery
import Dispatching

extension HistoryEvent {
    /// The event as the history keeps it.
    init(_ event: DispatchEvent) {
        let service = event.service
        let key = service?.key
        self.init(
            time: event.time.seconds,
            kind: event.kind.rawValue,
            source: event.source,
            service: key?.name,
            address: key.map { $0.address + ($0.port.map { ":\($0)" } ?? "") },
            exporter: key?.template,
            hash: service?.hash.description,
            generation: event.generation.map(Int64.init(clamping:)),
            detail: event.detail
        )
    }
}
