import ExporterKit
import Exposition
import QueryFiles
import Settings
import TestSupport
import Testing

@testable import PostgresExporter

@Suite(
    .serialized,
    .enabled(if: Requirement.areMet(.postgres, .pgBouncer)),
    .timeLimit(.minutes(5))
)
struct PostgresPoolerTests {
    private func configuration(_ pooler: PgBouncer, database: String = "postgres") -> PostgresConfiguration {
        PostgresConfiguration(
            host: "127.0.0.1",
            port: pooler.port,
            user: "postgres",
            database: database,
            usesPipeline: false
        )
    }

    @Test(arguments: ["transaction", "session"])
    func theStockQueriesRunThroughAPooler(mode: String) async throws {
        let cluster = try await PostgresCluster.start()
        let pooler = try await PgBouncer.start(for: cluster, poolMode: mode)
        let bench = try Bench()
        let problems = ProblemList()
        let queries = QueryFile.read(
            Repository.path("queries/postgres.yaml"),
            defaultPrefix: "postgres",
            problems: problems
        )
        let exporter = bench.exporter(configuration(pooler), queries)
        try await exporter.setUp()
        for _ in 0..<2 {
            let batch = try await exporter.collectAll()
            #expect(batch.errors == [:])
            #expect(batch.value("pg_up") == 1)
            #expect(batch.value("pg_replication_is_replica") == 0)
            #expect(batch.value("pg_settings_max_connections") == 100)
        }
        await exporter.close()
    }

    @Test func errorsAndTimeoutsLeaveNoTransactionBehind() async throws {
        let cluster = try await PostgresCluster.start()
        let pooler = try await PgBouncer.start(for: cluster, settings: ["default_pool_size": "1"])
        let bench = try Bench()
        var configuration = configuration(pooler)
        configuration.statementTimeout = .milliseconds(200)
        let exporter = try bench.exporter(
            configuration,
            queryFile([
                "wrong": "SELECT x FROM no_such_table", "slow": "SELECT 1 AS x FROM pg_sleep(60)",
                "comment": "SELECT 3 AS x -- the end", "good": "SELECT 4 AS x",
            ])
        )
        try await exporter.setUp()
        for _ in 0..<2 {
            let batch = try await exporter.collectAll()
            #expect(Set(batch.errors.keys) == ["wrong", "slow"])
            #expect(batch.value("comment") == 3)
            #expect(batch.value("good") == 4)
        }
        // The one connection of the pool is free, and as others left it.
        #expect(try await pooler.psql("SHOW statement_timeout") == "0")
        #expect(try await pooler.psql("SHOW transaction_read_only") == "off")
        await exporter.close()
    }

    @Test func thePoolersConsoleIsAskedPlainly() async throws {
        let cluster = try await PostgresCluster.start()
        let pooler = try await PgBouncer.start(for: cluster)
        let bench = try Bench()
        let exporter = try bench.exporter(
            configuration(pooler, database: "pgbouncer"),
            """
            queries:
            - name: lists
              query: SHOW LISTS
              labels: [list]
              metrics: [{name: pgbouncer_lists, kind: gauge, value: items}]
            """
        )
        try await exporter.setUp()
        let batch = try await exporter.collectAll()
        #expect(batch.errors == [:])
        #expect(batch.value("pgbouncer_lists", ["list": "databases"]).map { $0 >= 1 } == true)
        #expect(batch.value("pg_up") == 1)
        await exporter.close()
    }

    @Test func aKilledPoolerIsDown() async throws {
        let cluster = try await PostgresCluster.start()
        let pooler = try await PgBouncer.start(for: cluster)
        let bench = try Bench()
        let exporter = try bench.exporter(configuration(pooler), queryFile(["good": "SELECT 1 AS x"]))
        try await exporter.setUp()
        #expect(try await exporter.collectAll().value("good") == 1)
        pooler.kill()
        let batch = try await exporter.collectAll()
        #expect(batch.serviceAnswered == false)
        #expect(batch.value("pg_up") == 0)
        await exporter.close()
    }
}
