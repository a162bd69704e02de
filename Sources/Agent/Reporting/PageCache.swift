import ExporterKit
import Exposition
import Synchronization

/// Lets scrapes that come at the same time share one page: what is on it, how its families are merged, and which
/// samples clash are worked out once. Each client then walks it at its own speed.
final class PageCache: Sendable {
    /// How long a page is shared. Collections are seconds apart, so nobody misses one for it.
    static let lifetime = Duration.milliseconds(100)

    private struct Key: Hashable {
        var format: ExpositionFormat
        var filter: ServiceFilter
    }

    private struct Entry {
        var made: Duration
        var chunks: PageChunks
    }

    private let time: TimeSource
    private let entries = Mutex<[Key: Entry]>([:])
    private let durations: Histogram
    private let pages: Counter
    private let bytes: Gauge
    private let samples: Gauge
    private let dropped: Gauge
    private let lastProblems = Mutex<[SampleProblem]>([])
    private let ownDropped = Mutex(0)

    init(time: TimeSource, metrics: SelfMetrics) {
        self.time = time
        durations = metrics.histogram("muster_page_duration_seconds", "How long it took to send a page.")
        pages = metrics.counter("muster_pages_total", "Pages that were sent whole.")
        bytes = metrics.gauge("muster_page_bytes", "Bytes of the last whole page of all services, uncompressed.")
        samples = metrics.gauge("muster_page_samples", "Samples of the last whole page of all services.")
        dropped = metrics.gauge(
            "muster_page_dropped_samples",
            "Samples that the last whole page left out because services clash."
        )
    }

    /// Samples that the last whole page left out because services clash, and why.
    var problems: [SampleProblem] { lastProblems.withLock { $0 } }

    /// How many pages are kept.
    var count: Int { entries.withLock { $0.count } }

    /// What the agent left out of its own metrics on whole pages.
    func left(out problems: [SampleProblem]) {
        ownDropped.withLock { $0 = problems.reduce(0) { $0 + $1.count } }
    }

    /// The page for a format and a filter: the one that somebody else has just been given, or a new one.
    func chunks(
        format: ExpositionFormat,
        filter: ServiceFilter,
        sections: () -> [PageSection]
    ) -> PageChunks {
        let now = time.now
        return entries.withLock { entries in
            let key = Key(format: format, filter: filter)
            if let entry = entries[key], now - entry.made < Self.lifetime { return entry.chunks }
            entries = entries.filter { now - $0.value.made < Self.lifetime }
            let chunks = PageBuilder(format: format).chunks(of: sections())
            // Filters come from outside: what they ask for is not kept without bound.
            if entries.count < 16 { entries[key] = Entry(made: now, chunks: chunks) }
            return chunks
        }
    }

    /// A page was sent whole.
    func finished(_ report: PageReport, filter: ServiceFilter, took duration: Duration) {
        pages.increment()
        durations.observe(duration)
        guard filter.isEmpty else { return }
        bytes.set(Double(report.bytes))
        samples.set(Double(report.samples))
        dropped.set(Double(report.problems.reduce(ownDropped.withLock { $0 }) { $0 + $1.count }))
        lastProblems.withLock { $0 = report.problems }
    }
}
