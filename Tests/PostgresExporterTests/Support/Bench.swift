import ExporterKit
import Exposition
import Logging
import PostgresClient
import QueryFiles
import Settings
import TestSupport
import Transport

@testable import PostgresExporter

/// What exporters under test share.
final class Bench: Sendable {
    let reactor: Reactor
    let pool: BlockingPool
    let resolver: HostResolver

    init(lookUp: @escaping HostResolver.Lookup = HostResolver.askSystem) throws {
        reactor = try Reactor()
        try reactor.start()
        pool = BlockingPool()
        resolver = HostResolver(pool: pool, lookUp: lookUp)
    }

    deinit { reactor.stop() }

    /// How to reach a cluster as its superuser.
    func configuration(_ cluster: PostgresCluster) -> PostgresConfiguration {
        PostgresConfiguration(
            host: "127.0.0.1",
            port: cluster.port,
            user: cluster.user,
            password: cluster.options.password.map(Secret.init)
        )
    }

    func exporter(
        _ configuration: PostgresConfiguration,
        _ yaml: String,
        timeout: Duration = .seconds(20)
    ) throws -> PostgresExporter {
        let problems = ProblemList()
        let queries = QueryFile.parse(yaml, file: "test.yaml", defaultPrefix: "postgres", problems: problems)
        try problems.throwIfAny()
        return exporter(configuration, queries, timeout: timeout)
    }

    func exporter(
        _ configuration: PostgresConfiguration,
        _ queries: [QueryDefinition],
        timeout: Duration = .seconds(20)
    ) -> PostgresExporter {
        PostgresExporter(
            configuration,
            queries: queries,
            interval: .seconds(15),
            timeout: timeout,
            reactor: reactor,
            resolver: resolver,
            pool: pool,
            logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
    }

    /// A session of a configuration, to test what lies below an exporter.
    func session(_ configuration: PostgresConfiguration, statementTimeout: Duration = .seconds(60)) async throws
        -> ServerSession
    {
        try await ServerSession.open(
            configuration,
            address: configuration.parameters.isLocalSocket ? nil : configuration.host,
            statementTimeout: statementTimeout,
            reactor: reactor,
            until: .now.advanced(by: .seconds(20))
        )
    }
}

extension PostgresExporter {
    /// Runs every collector once.
    func collectAll() async throws -> MetricBatch {
        var all = MetricBatch()
        for collector in collectors {
            var batch = MetricBatch()
            try await collector.collect(into: &batch)
            for part in batch.parts { all.add(part) }
            all.serviceAnswered = (all.serviceAnswered ?? true) && (batch.serviceAnswered ?? true)
        }
        return all
    }
}

extension MetricBatch {
    /// A part by its name.
    func part(named name: String) -> Part? { parts.first { $0.name == name } }

    /// Why parts failed, by their names.
    var errors: [String: String] {
        Dictionary(parts.compactMap { part in part.error.map { (part.name, $0) } }) { first, _ in first }
    }

    /// The names of all families.
    var familyNames: Set<String> { Set(parts.flatMap(\.families).map(\.name)) }

    /// The value of a family with one metric, or of the metric with these labels.
    func value(_ name: String, _ labels: LabelSet? = nil) -> Double? {
        for family in parts.flatMap(\.families) where family.name == name {
            for metric in family.metrics where labels.map({ $0 == metric.labels }) ?? (family.metrics.count == 1) {
                if case .number(let number) = metric.value { return number }
            }
        }
        return nil
    }
}

/// A query file with one gauge per query: names and SQL that gives a column `x`.
func queryFile(_ queries: KeyValuePairs<String, String>) -> String {
    let entries = queries.map { name, sql in
        """
        - name: \(name)
          query: |
            \(sql)
          metrics: [{name: \(name), kind: gauge, value: x}]

        """
    }
    return "queries:\n" + entries.joined()
}
