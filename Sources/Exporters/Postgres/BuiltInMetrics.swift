import ExporterKit
import Exposition
import QueryFiles

/// What is known without any query file, under postgres_exporter's names.
enum BuiltInMetrics {
    /// `pg_up`, and `pg_static` while there is a connection to a database. A part of its own, so that it is true also
    /// when everything else is missing.
    static func part(isUp: Bool, version session: ServerSession?) -> MetricBatch.Part {
        var families = [
            MetricFamily(
                name: "pg_up",
                kind: .gauge,
                help: "Whether the last collection got an answer from the server (1 for yes, 0 for no).",
                metrics: [Metric(isUp ? 1 : 0)]
            )
        ]
        if isUp, let session, let text = session.versionText {
            let labels: LabelSet = ["version": text, "short_version": session.facts.version.description]
            families.append(
                MetricFamily(
                    name: "pg_static",
                    kind: .unknown,
                    help: "Version string as reported by postgres",
                    metrics: [Metric(labels: labels, 1)]
                )
            )
        }
        return MetricBatch.Part(name: "pg_up", families: families)
    }
}
