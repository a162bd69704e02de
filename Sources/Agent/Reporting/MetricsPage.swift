import ExporterKit
import Exposition

/// The metrics as of one moment, to be sent to one client.
struct MetricsPage: Sendable {
    let core: AgentCore
    let filter: ServiceFilter

    /// The page's pieces of about 64 KiB, merged by family.
    func chunks(format: ExpositionFormat) -> PageChunks {
        core.pages.chunks(format: format, filter: filter) { core.sections(filter) }
    }

    /// All pieces have been sent.
    func finished(_ chunks: PageChunks, took duration: Duration) {
        core.pages.finished(chunks.report, filter: filter, took: duration)
    }
}
