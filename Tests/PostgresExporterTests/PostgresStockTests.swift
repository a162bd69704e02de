import ExporterKit
import Exposition
import QueryFiles
import Settings
import TestSupport
import Testing

@testable import PostgresExporter

@Suite(.serialized, .enabled(if: Requirement.postgres.isMet), .timeLimit(.minutes(5))) struct PostgresStockTests {
    private func queries(_ names: String...) throws -> [QueryDefinition] {
        let problems = ProblemList()
        let queries = names.flatMap { name in
            QueryFile.read(Repository.path("queries/\(name)"), defaultPrefix: "postgres", problems: problems)
        }
        try problems.throwIfAny()
        return queries
    }

    private func cluster() async throws -> PostgresCluster {
        let cluster = try await PostgresCluster.start(
            .init(
                settings: ["wal_level": "logical", "shared_preload_libraries": "pg_stat_statements"],
                hostBasedAuthentication: """
                    local all all trust
                    local replication all trust
                    host all all 127.0.0.1/32 trust

                    """
            )
        )
        try await cluster.psql(
            """
            CREATE ROLE monitor LOGIN CONNECTION LIMIT 7;
            GRANT pg_monitor TO monitor;
            CREATE DATABASE closed;
            REVOKE CONNECT ON DATABASE closed FROM PUBLIC;
            CREATE SCHEMA "odd ""schema";
            CREATE TABLE "odd ""schema"."table" (id int PRIMARY KEY, t text);
            INSERT INTO "odd ""schema"."table" SELECT n, 'x' FROM generate_series(1, 1000) AS n;
            CREATE TABLE plain (n int);
            VACUUM ANALYZE;
            SELECT pg_create_physical_replication_slot('physical', true);
            SELECT pg_create_logical_replication_slot('logical', 'pgoutput');
            CREATE EXTENSION pg_stat_statements;
            """
        )
        return cluster
    }

    @Test func aMonitoringUserGetsEverythingThatPostgresExporterHas() async throws {
        let cluster = try await cluster()
        let folder = try TemporaryFolder()
        let receiver = try await ServerProcess.start(
            [
                "/usr/lib/postgresql/15/bin/pg_receivewal", "-h", cluster.socketFolder, "-p", "\(cluster.port)", "-U",
                "postgres", "-D", try folder.makeFolder("wal"), "-S", "physical", "--no-loop",
            ],
            log: folder.path("log")
        ) {
            try await cluster.psql("SELECT count(*) FROM pg_stat_replication") == "1"
        }
        defer { receiver.kill() }
        let bench = try Bench()
        var configuration = bench.configuration(cluster)
        configuration.user = "monitor"
        let exporter = bench.exporter(configuration, try queries("postgres.yaml"))
        try await exporter.setUp()
        let batch = try await exporter.collectAll()
        #expect(batch.errors == [:])
        let absent: Set<String> = [
            // Nothing is archived, no slot has a limit, the logical one is not used, and the receiver replays nothing.
            "pg_stat_archiver_last_archive_age", "pg_replication_slots_safe_wal_size_bytes",
            "pg_replication_slots_slot_confirmed_flush_lsn", "pg_stat_replication_pg_wal_lsn_diff",
        ]
        for metric in DefaultMetrics.all(version: 15)
        where !metric.name.hasPrefix("pg_stat_progress_vacuum") && !absent.contains(metric.name) {
            let families = batch.parts.flatMap(\.families).filter { $0.name == metric.name }
            #expect(families.count == 1, "\(metric.name)")
            for family in families {
                #expect(
                    family.metrics.allSatisfy { Set($0.labels.labels.map(\.name)) == metric.labels },
                    "\(metric.name)"
                )
                let sets = family.metrics.map(\.labels)
                #expect(Set(sets).count == sets.count, "\(metric.name)")
                #expect(!family.help.isEmpty)
            }
        }
        try await check(batch, cluster)
        await exporter.close()
    }

    private func check(_ batch: MetricBatch, _ cluster: PostgresCluster) async throws {
        #expect(batch.value("pg_up") == 1)
        let settings: [String: Double] = [
            // Not what our own session is set to.
            "statement_timeout_seconds": 0, "default_transaction_read_only": 0, "transaction_read_only": 0,
            "max_connections": 100, "shared_buffers_bytes": 16_777_216, "autovacuum_naptime_seconds": 60,
            "checkpoint_timeout_seconds": 300, "wal_segment_size_bytes": 16_777_216, "deadlock_timeout_seconds": 1,
            "log_min_duration_statement_seconds": -1, "autovacuum": 1, "random_page_cost": 4,
            "vacuum_cost_delay_seconds": 0, "pg_stat_statements_max": 5000,
            "autovacuum_vacuum_cost_delay_seconds": 0.002,
        ]
        for (name, value) in settings { #expect(batch.value("pg_settings_\(name)") == value, "\(name)") }
        let numeric = try await cluster.psql(
            "SELECT count(*) FROM pg_settings WHERE vartype IN ('bool', 'integer', 'real')"
        )
        #expect(batch.familyNames.filter { $0.hasPrefix("pg_settings_") }.count == Int(numeric))
        let table: [String: String] = ["datname": "postgres", "schemaname": "odd \"schema", "relname": "table"]
        #expect(batch.value("pg_stat_user_tables_n_live_tup", .init(table)).map { $0 >= 1000 } == true)
        #expect(batch.value("pg_stat_user_tables_n_tup_ins", .init(table)) == 1000)
        #expect(batch.value("pg_stat_user_tables_last_autovacuum", .init(table)) == 0)
        #expect(batch.value("pg_stat_user_tables_last_vacuum", .init(table)).map { $0 > 1_700_000_000 } == true)
        #expect(batch.value("pg_stat_user_tables_table_size_bytes", .init(table)).map { $0 >= 8192 } == true)
        let plain: [String: String] = ["datname": "postgres", "schemaname": "public", "relname": "plain"]
        #expect(batch.value("pg_stat_user_tables_idx_scan", .init(plain)) == 0)
        #expect(batch.value("pg_roles_connection_limit", ["rolname": "monitor"]) == 7)
        #expect(batch.value("pg_database_size_bytes", ["datname": "closed"]).map { $0 > 1_048_576 } == true)
        #expect(batch.value("pg_replication_slots_active", ["slot_name": "physical", "database": ""]) == 1)
        #expect(batch.value("pg_replication_slots_active", ["slot_name": "logical", "database": "postgres"]) == 0)
        let commits = try await cluster.psql("SELECT xact_commit FROM pg_stat_database WHERE datname = 'postgres'")
        let datid = try await cluster.psql("SELECT oid FROM pg_database WHERE datname = 'postgres'")
        let seen = try #require(batch.value("pg_stat_database_xact_commit", ["datid": datid, "datname": "postgres"]))
        #expect(seen > 0 && seen <= (Double(commits) ?? 0))
        // Deadlocks are deadlocks, not commits.
        #expect(batch.value("pg_stat_database_deadlocks", ["datid": datid, "datname": "postgres"]) == 0)
        // A physical slot has confirmed nothing.
        #expect(
            !batch.parts.flatMap(\.families).contains { family in
                family.name == "pg_replication_slots_slot_confirmed_flush_lsn"
                    && family.metrics.contains { $0.labels["slot_name"] == "physical" }
            }
        )
    }

    @Test func theExtraQueriesRun() async throws {
        let cluster = try await cluster()
        let bench = try Bench()
        var configuration = bench.configuration(cluster)
        configuration.user = "monitor"
        let exporter = bench.exporter(configuration, try queries("postgres.yaml", "postgres-extra.yaml"))
        try await exporter.setUp()
        // Two other connections, so that there is an idle one to see.
        let idle = try await bench.session(bench.configuration(cluster))
        let batch = try await exporter.collectAll()
        #expect(batch.errors == [:])
        for name in [
            "pg_stat_statements_calls_total", "pg_stat_statements_seconds_total", "pg_long_running_transactions",
            "pg_long_running_transactions_oldest_timestamp_seconds", "pg_process_idle_seconds",
            "pg_postmaster_start_time_seconds", "pg_database_wraparound_age_datfrozenxid_seconds",
            "pg_statio_user_indexes_idx_blks_hit_total",
        ] {
            #expect(batch.familyNames.contains(name), "\(name)")
        }
        idle.connection.finish()
        await exporter.close()
    }

    @Test func aPromotionIsSeenInTheSameCollection() async throws {
        let cluster = try await PostgresCluster.start()
        try await cluster.stop()
        try await Command.output(["touch", "\(cluster.dataFolder)/standby.signal"], user: "postgres")
        try await cluster.start()
        let bench = try Bench()
        let roles = """
            queries:
            - {name: primary, query: SELECT 1 AS x, when: {role: primary}, metrics: [{name: primary, kind: gauge, value: x}]}
            - {name: standby, query: SELECT 1 AS x, when: {role: standby}, metrics: [{name: standby, kind: gauge, value: x}]}
            - {name: both, query: SELECT 1 AS x, metrics: [{name: both, kind: gauge, value: x}]}
            """
        let exporter = try bench.exporter(bench.configuration(cluster), roles)
        let stock = bench.exporter(bench.configuration(cluster), try queries("postgres.yaml", "postgres-extra.yaml"))
        try await exporter.setUp()
        try await stock.setUp()
        #expect(try await exporter.collectAll().parts.map(\.name) == ["pg_up", "standby", "both"])
        let onStandby = try await stock.collectAll()
        #expect(onStandby.errors == [:])
        #expect(onStandby.value("pg_replication_is_replica") == 1)
        try await cluster.psql("SELECT pg_promote()")
        #expect(try await exporter.collectAll().parts.map(\.name) == ["pg_up", "primary", "both"])
        let onPrimary = try await stock.collectAll()
        #expect(onPrimary.errors == [:])
        #expect(onPrimary.value("pg_replication_is_replica") == 0)
        await exporter.close()
        await stock.close()
    }

    /// The server of these tests is older than 17. Views with 17's columns stand in for its catalogue.
    @Test func theQueriesFor17FitItsCatalogue() async throws {
        let cluster = try await PostgresCluster.start()
        try await cluster.psql(
            """
            CREATE SCHEMA v17;
            CREATE VIEW v17.pg_stat_checkpointer AS SELECT 1::bigint AS num_timed, 2::bigint AS num_requested,
              3::bigint AS restartpoints_timed, 4::bigint AS restartpoints_req, 5::bigint AS restartpoints_done,
              6::float8 AS write_time, 7::float8 AS sync_time, 8::bigint AS buffers_written, now() AS stats_reset;
            CREATE VIEW v17.pg_stat_bgwriter AS SELECT 1::bigint AS buffers_clean, 2::bigint AS maxwritten_clean,
              3::bigint AS buffers_alloc, now() AS stats_reset;
            CREATE VIEW v17.pg_stat_progress_vacuum AS SELECT 1 AS pid, oid AS datid, datname,
              'pg_class'::regclass::oid AS relid, 'scanning heap'::text AS phase, 100::bigint AS heap_blks_total,
              10::bigint AS heap_blks_scanned, 5::bigint AS heap_blks_vacuumed, 1::bigint AS index_vacuum_count,
              65536::bigint AS max_dead_tuple_bytes, 4096::bigint AS dead_tuple_bytes, 33::bigint AS num_dead_item_ids,
              2::bigint AS indexes_total, 1::bigint AS indexes_processed
              FROM pg_database WHERE datname = current_database();
            """
        )
        let on17 = ServerFacts(version: ServerVersion(17), isPrimary: true, database: "postgres")
        let views = ["pg_stat_checkpointer", "pg_stat_bgwriter", "pg_stat_progress_vacuum"]
        let chosen = try queries("postgres.yaml").compactMap { query -> QueryDefinition? in
            guard query.condition.holds(on17), views.contains(where: { query.sql.contains("pg_catalog.\($0)") }) else {
                return nil
            }
            var query = query
            query.condition = QueryCondition()
            for view in views { query.sql.replace("pg_catalog.\(view)", with: "v17.\(view)") }
            return query
        }
        #expect(
            chosen.map(\.name) == [
                "pg_stat_bgwriter", "pg_stat_checkpointer", "pg_stat_progress_vacuum_phase",
                "pg_stat_progress_vacuum_17",
            ]
        )
        let bench = try Bench()
        let exporter = bench.exporter(bench.configuration(cluster), chosen)
        try await exporter.setUp()
        let batch = try await exporter.collectAll()
        #expect(batch.errors == [:])
        #expect(batch.value("pg_stat_bgwriter_checkpoints_req_total") == 2)
        #expect(batch.value("pg_stat_checkpointer_buffers_written_total") == 8)
        let labels: [String: String] = ["datname": "postgres", "relname": "pg_class"]
        #expect(batch.value("pg_stat_progress_vacuum_num_dead_tuples", .init(labels)) == 33)
        #expect(batch.value("pg_stat_progress_vacuum_max_dead_tuple_bytes", .init(labels)) == 65536)
        let phase = labels.merging(["phase": "scanning heap"]) { $1 }
        #expect(batch.value("pg_stat_progress_vacuum_phase", .init(phase)) == 1)
        await exporter.close()
    }
}
