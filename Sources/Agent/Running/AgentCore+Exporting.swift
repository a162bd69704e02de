import Delivery
import ExporterKit
import Foundation
import Logging

/// What leaves the agent besides the page.
extension AgentCore {
    /// The modules of a configuration, not yet running; nil if there are none.
    static func hub(
        _ configuration: AgentConfiguration,
        kinds: BuiltInKinds,
        metrics: SelfMetrics,
        time: TimeSource,
        logger: Logger
    ) throws -> ModuleHub? {
        guard !configuration.exporting.modules.isEmpty else { return nil }
        let entries = ModuleEntries(
            catalogue: configuration.modules,
            network: kinds.network,
            directory: configuration.state.queues,
            time: time,
            logger: logger
        )
        let start = Date(timeIntervalSince1970: time.wallTime.seconds).formatted(.iso8601)
        return ModuleHub(
            series: configuration.exporting.seriesName(agent: configuration.name, start: start),
            entries: try entries.make(configuration.exporting.modules),
            drain: configuration.exporting.drain,
            time: time,
            metrics: metrics,
            logger: logger
        )
    }

    /// What watches the selected series; nil if none are selected.
    static func analysis(
        _ configuration: AnalysisConfiguration,
        history: StateStore?,
        outbox: AlertOutbox,
        metrics: SelfMetrics,
        time: TimeSource,
        logger: Logger
    ) throws -> SpotAnalysis? {
        guard !configuration.selections.isEmpty else { return nil }
        return try SpotAnalysis(
            configuration,
            store: history,
            metrics: metrics,
            time: time,
            logger: logger,
            outbox: outbox
        )
    }
}
