import Delivery
import ExporterKit
import ExportingModules
import Exposition

/// What becomes of every collection besides its snapshot: the analysis sees it, and the modules get it.
struct SamplePipeline: Sendable {
    /// Looks for what is unusual; nil if nothing is watched.
    var analysis: SpotAnalysis?
    /// Hands samples to the modules; nil if there are none.
    var hub: ModuleHub?

    /// What the scheduler calls after each collection; nil if nobody wants to see them.
    var hook: (@Sendable (CollectedBatch) async -> Void)? {
        guard analysis != nil || hub != nil else { return nil }
        return { await take($0) }
    }

    /// Takes a collection; the exporter's next one waits until it returns.
    func take(_ batch: CollectedBatch) async {
        let collection = CollectedSamples(batch, service: batch.labels["service"] ?? "")
        await analysis?.take(batch, samples: collection.samples)
        await hub?.take(collection)
    }
}
