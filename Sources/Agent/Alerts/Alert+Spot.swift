import Analysis
import ExportingModules

extension Alert {
    /// News of what the analysis found, for exporting modules.
    init(_ alert: SpotAlert) {
        self.init(
            id: alert.id,
            state: alert.end == nil ? .firing : .resolved,
            status: alert.status == .up ? .up : .down,
            stat: alert.stat,
            service: alert.service,
            labels: alert.labels,
            value: alert.value,
            probability: alert.probability,
            threshold: alert.threshold,
            drift: alert.drift,
            confidence: alert.confidence == .low ? .low : .normal,
            start: alert.start,
            end: alert.end
        )
    }
}
