import ExporterKit

/// The queries of one interval.
struct PostgresCollector: MetricCollector {
    let exporter: PostgresExporter
    let group: QueryGroup

    var name: String { group.name }
    var interval: Duration? { group.interval }
    var timeout: Duration? { group.timeout }

    func collect(into batch: inout MetricBatch) async throws {
        try await exporter.collect(group, into: &batch)
    }
}
