import QueryFiles
import Settings
import Testing

@testable import PostgresExporter
@testable import QueryFiles

@Suite struct StockQueryTests {
    private func queries(_ name: String) -> [QueryDefinition] {
        let problems = ProblemList()
        let queries = QueryFile.read(
            Repository.path("queries/\(name)"),
            defaultPrefix: "postgres",
            problems: problems
        )
        #expect(problems.problems.map(\.description) == [])
        return queries
    }

    /// The metrics of the queries that are run on such a server, each with its labels.
    private func metrics(_ queries: [QueryDefinition], _ facts: ServerFacts) -> [String: [Set<String>]] {
        var metrics: [String: [Set<String>]] = [:]
        for query in queries where query.condition.holds(facts) {
            for rule in query.rules {
                guard case .fixed(let name) = rule.naming else { continue }
                metrics[name, default: []].append(Set(rule.labels.map(\.label)))
            }
        }
        return metrics
    }

    private func facts(_ version: Int, isPrimary: Bool = true) -> ServerFacts {
        ServerFacts(
            version: ServerVersion(version),
            isPrimary: isPrimary,
            database: "app",
            extensions: ["pg_stat_statements", "pg_buffercache"]
        )
    }

    @Test(arguments: 12...18, [true, false])
    func everyVersionYieldsTheDefaultMetricsOnceWithTheirLabels(version: Int, isPrimary: Bool) {
        let metrics = metrics(queries("postgres.yaml"), facts(version, isPrimary: isPrimary))
        for metric in DefaultMetrics.all(version: version) {
            #expect(metrics[metric.name] == [metric.labels], "\(metric.name) on \(version)")
        }
    }

    @Test(arguments: 12...18)
    func noMetricComesFromTwoQueries(version: Int) {
        let all = queries("postgres.yaml") + queries("postgres-extra.yaml")
        for (name, labels) in metrics(all, facts(version)) {
            #expect(Set(labels).count == labels.count, "\(name) on \(version)")
        }
    }

    @Test func queryNamesDifferAcrossTheFiles() {
        let names = (queries("postgres.yaml") + queries("postgres-extra.yaml")).map(\.name)
        #expect(Set(names).count == names.count)
    }

    @Test func whatLooksAtFilesRunsSeldom() {
        for query in queries("postgres.yaml") where query.sql.contains("_size(") {
            #expect((query.interval ?? .zero) >= .seconds(60), "\(query.name)")
        }
    }
}

/// What postgres_exporter 0.20 exports with its default collectors.
enum DefaultMetrics {
    struct Metric {
        var name: String
        var labels: Set<String>
    }

    static func all(version: Int) -> [Metric] {
        var metrics: [Metric] = []
        func add(_ prefix: String, _ labels: Set<String>, _ names: String) {
            for name in names.split(separator: " ") {
                metrics.append(Metric(name: "pg_\(prefix)_\(name)", labels: labels))
            }
        }
        add("database", ["datname"], "size_bytes connection_limit")
        add("locks", ["datname", "mode"], "count")
        add("replication", [], "lag_seconds is_replica last_replay_seconds")
        add("replication_slots", ["slot_name", "database"], "active pg_wal_lsn_diff")
        add(
            "replication_slots",
            ["slot_name", "slot_type"],
            "slot_current_wal_lsn slot_confirmed_flush_lsn slot_is_active"
                + (version >= 13 ? " safe_wal_size_bytes" : "")
        )
        if version >= 13 { add("replication_slots", ["slot_name", "slot_type", "wal_status"], "wal_status") }
        add("roles", ["rolname"], "connection_limit")
        add(
            "stat_activity",
            ["datname", "state", "usename", "application_name", "backend_type", "wait_event_type", "wait_event"],
            "count max_tx_duration"
        )
        add("stat_archiver", [], "archived_count failed_count last_archive_age")
        add("stat_bgwriter", [], "buffers_clean_total maxwritten_clean_total buffers_alloc_total stats_reset_total")
        // postgres_exporter loses these on 17; they have a new place there.
        add(
            "stat_bgwriter",
            [],
            """
            checkpoints_timed_total checkpoints_req_total checkpoint_write_time_total checkpoint_sync_time_total \
            buffers_checkpoint_total
            """
        )
        if version < 17 { add("stat_bgwriter", [], "buffers_backend_total buffers_backend_fsync_total") }
        add(
            "stat_database",
            ["datid", "datname"],
            """
            numbackends xact_commit xact_rollback blks_read blks_hit tup_returned tup_fetched tup_inserted tup_updated \
            tup_deleted conflicts temp_files temp_bytes deadlocks blk_read_time blk_write_time stats_reset
            """ + (version >= 14 ? " active_time_seconds_total" : "")
        )
        add(
            "stat_database_conflicts",
            ["datid", "datname"],
            "confl_tablespace confl_lock confl_snapshot confl_bufferpin confl_deadlock"
        )
        add("stat_progress_vacuum", ["datname", "relname", "phase"], "phase")
        add(
            "stat_progress_vacuum",
            ["datname", "relname"],
            "heap_blks heap_blks_scanned heap_blks_vacuumed index_vacuums num_dead_tuples"
                + (version < 17 ? " max_dead_tuples" : "")
        )
        add(
            "stat_replication",
            ["application_name", "client_addr", "state", "slot_name", "pid"],
            "pg_current_wal_lsn_bytes pg_wal_lsn_diff"
        )
        add(
            "stat_user_tables",
            ["datname", "schemaname", "relname"],
            """
            seq_scan seq_tup_read idx_scan idx_tup_fetch n_tup_ins n_tup_upd n_tup_del n_tup_hot_upd n_live_tup \
            n_dead_tup n_mod_since_analyze last_vacuum last_autovacuum last_analyze last_autoanalyze vacuum_count \
            autovacuum_count analyze_count autoanalyze_count index_size_bytes table_size_bytes
            """
        )
        add(
            "statio_user_tables",
            ["datname", "schemaname", "relname"],
            """
            heap_blocks_read heap_blocks_hit idx_blocks_read idx_blocks_hit toast_blocks_read toast_blocks_hit \
            tidx_blocks_read tidx_blocks_hit
            """
        )
        add("wal", [], "segments size_bytes")
        return metrics
    }
}
