import ExportingModules
import Exposition
import Foundation
import PostgresClient
import Synchronization
import TestSupport
import Testing
import Transport

@testable import SQLModule

@Suite(
    "The sql module with PostgreSQL",
    .enabled(if: Requirement.postgres.isMet, "\(Requirement.postgres.explanation)"),
    .timeLimit(.minutes(4))
)
struct PostgresModuleTests {
    private let network: NetworkServices

    init() throws {
        network = try NetworkServices()
        try network.start()
    }

    @Test("What is written is there, value for value, whatever is in names and labels")
    func roundTrip() async throws {
        let cluster = try await PostgresCluster.start(.init(password: "se'cret"))
        let module = try make(
            cluster,
            [
                "sql.schema": .text("odd \"schema\""), "sql.samples_table": .text("my 'samples'"),
                "sql.password": .text("se'cret"),
            ]
        )
        try await module.start(series: "run")
        var samples: [Sample] = []
        for (index, labels) in Records.hostile.enumerated() {
            for (step, value) in Records.values.enumerated() {
                samples.append(
                    Sample(
                        name: index % 2 == 0 ? "pg_up" : "na'me \"x\"\t\\.",
                        service: "s-\(index)",
                        labels: labels,
                        kind: .counter,
                        value: value,
                        timestamp: Records.start + Int64(step)
                    )
                )
            }
        }
        // The ends of what can be stored.
        for time in [StorableRecords.times.lowerBound, -1, 0, StorableRecords.times.upperBound] {
            samples.append(Sample(name: "t", value: 1, timestamp: time))
        }
        #expect(try await module.write(time: 0, samples: samples) == .accepted(count: samples.count))
        let stored = try await stored(cluster, "\"odd \"\"schema\"\"\".\"my 'samples'_view\"")
        #expect(Set(stored) == Set(samples.map(StoredSample.init)))
        #expect(stored.count == samples.count)
        try await module.close()
    }

    @Test("While backends are killed and the server restarts nothing is lost and nothing is there twice")
    func kills() async throws {
        let cluster = try await PostgresCluster.start()
        let module = try make(cluster, ["sql.timeout": .text("10s")])
        try await startEventually(module)
        let isDone = Atomic(false)
        let killing = Task {
            var round = 0
            while !isDone.load(ordering: .acquiring) {
                round += 1
                if round == 20 { try await cluster.restart() }
                if round == 40 {
                    cluster.kill()
                    try await cluster.start()
                }
                _ = try? await cluster.psql(
                    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'muster'"
                )
            }
            return round
        }
        var interruptions = 0
        for batch in 0..<400 where batch < 150 || interruptions < 5 {
            var left = Records.samples(500, from: batch * 500)
            while !left.isEmpty {
                do {
                    let delivery = try await module.write(time: 0, samples: left)
                    if delivery.retryCount > 0 { interruptions += 1 }
                    #expect(delivery.rejectedCount == 0)
                    left = left.indices.filter { delivery[$0] != .accepted }.map { left[$0] }
                } catch {
                    interruptions += 1
                }
            }
            isDone.store(batch >= 148 && interruptions >= 5, ordering: .releasing)
            if isDone.load(ordering: .acquiring) {
                _ = try await killing.value
                let count = (batch + 1) * 500
                let row = try await cluster.psql(
                    "SELECT count(*), count(DISTINCT value), min(value), max(value) FROM muster_samples_view"
                )
                #expect(row == "\(count)|\(count)|0|\(count - 1)")
                #expect(try await cluster.psql("SELECT count(*) FROM muster_samples_series") == "10")
                break
            }
        }
        isDone.store(true, ordering: .releasing)
        #expect(interruptions >= 5)
        try await module.close()
    }

    @Test("An alert is one row, which its end changes and older news do not")
    func alerts() async throws {
        let cluster = try await PostgresCluster.start()
        let module = try make(cluster, ["sql.data": .bool(false)])
        #expect(module.takes == .alerts)
        try await module.start(series: "run")
        var resolved = Records.alert
        resolved.state = .resolved
        resolved.end = Records.start + 60_000
        #expect(try await module.warn(time: Records.start, alert: Records.alert) == .accepted)
        #expect(try await module.warn(time: Records.start + 61_000, alert: resolved) == .accepted)
        #expect(try await module.warn(time: Records.start + 1000, alert: Records.alert) == .accepted)
        let row = try await cluster.psql(
            """
            SELECT id, state, status, stat, service, labels->>'db', value, code, probability, threshold, drift IS NULL,
                extract(epoch FROM ended_at - started_at)::int, round(extract(epoch FROM started_at) * 1000)
            FROM muster_alerts
            """
        )
        #expect(
            row
                == "17-up-'00ff'|resolved|UP_ALERT|connections|orders-db|or\"ders|Infinity|1|3e-07|60.5|t|60|\(Records.start)"
        )
        // No tables for what it does not take.
        #expect(try await cluster.psql("SELECT to_regclass('muster_samples') IS NULL") == "t")
        try await module.close()
    }

    @Test("A row that the database refuses is rejected with its reason, the others are stored")
    func poison() async throws {
        let cluster = try await PostgresCluster.start()
        let module = try make(cluster)
        try await module.start(series: "run")
        try await cluster.psql("ALTER TABLE muster_samples ADD CONSTRAINT small CHECK (value::int % 100 <> 7)")
        let nul = Sample(name: "m", labels: ["a": "x\0y"], value: 1, timestamp: 0)
        let late = Sample(name: "m", value: 1, timestamp: .max)
        let delivery = try await module.write(time: 0, samples: Records.samples(500) + [nul, late])
        #expect(delivery.rejectedCount == 7)
        #expect(delivery.acceptedCount == 495)
        guard case .rejected(let reason) = delivery[107] else {
            Issue.record("not rejected")
            return
        }
        #expect(reason == "ERROR: new row for relation \"muster_samples\" violates check constraint \"small\" (23514)")
        #expect(try await cluster.psql("SELECT count(*) FROM muster_samples") == "495")
        try await module.close()
    }

    @Test("Text that the server's encoding does not have is rejected")
    func encoding() async throws {
        let cluster = try await PostgresCluster.start()
        try await cluster.psql("CREATE DATABASE latin ENCODING 'LATIN1' TEMPLATE template0 LC_COLLATE 'C' LC_CTYPE 'C'")
        let module = try make(cluster, ["sql.database": .text("latin")])
        try await module.start(series: "run")
        let samples = ["größe", "€", "x"].map { Sample(name: $0, value: 1, timestamp: 0) }
        let delivery = try await module.write(time: 0, samples: samples)
        #expect(delivery[0] == .accepted)
        #expect(delivery[2] == .accepted)
        #expect(delivery.rejectedCount == 1)
        try await module.close()
    }

    @Test("A lock, a server that only reads and a right that is missing are no reason to lose anything")
    func unavailable() async throws {
        let cluster = try await PostgresCluster.start()
        let module = try make(cluster, ["sql.timeout": .text("5s")])
        try await startEventually(module)
        let parameters = PostgresParameters(
            host: cluster.socketFolder,
            port: cluster.port,
            user: "postgres",
            database: "postgres"
        )
        let other = try await PostgresConnection.open(
            parameters,
            reactor: network.reactor,
            resolver: network.resolver,
            pool: network.pool,
            until: .now + .seconds(30)
        )
        try await other.runScript("BEGIN; LOCK TABLE muster_samples", until: .now + .seconds(30))
        #expect(try await module.write(time: 0, samples: Records.samples(10)).retryCount == 10)
        try await other.runScript("ROLLBACK", until: .now + .seconds(30))
        try await cluster.psql("CREATE USER plain; GRANT SELECT ON ALL TABLES IN SCHEMA public TO plain")
        let plain = try make(cluster, ["sql.user": .text("plain"), "sql.timeout": .text("30s")])
        try await plain.start(series: "run")
        let answer = try await plain.write(time: 0, samples: Records.samples(10))
        guard case .retry(after: .seconds(30), let reason) = answer[0] else {
            Issue.record("\(answer[0])")
            return
        }
        #expect(reason.contains("permission denied for table muster_samples"))
        try await waitUntil("the rows are taken") {
            try await module.write(time: 0, samples: Records.samples(10)).acceptedCount == 10
        }
        try await module.close()
        try await plain.close()
        other.finish()
    }

    @Test("Where there is no server, or the password is wrong, the start fails and says why")
    func cannotStart() async throws {
        let cluster = try await PostgresCluster.start(.init(password: "right"))
        let wrong = try make(cluster, ["sql.password": .text("wrong")])
        let error = await #expect(throws: SQLStoreError.self) { try await wrong.start(series: "run") }
        guard case .unavailable(let reason, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason.contains("password authentication failed"))
        #expect(!reason.contains("wrong"))
        try await cluster.stop()
        await #expect(throws: SQLStoreError.self) { try await wrong.start(series: "run") }
    }

    @Test("Tables of version 1 are migrated with what is in them, by several programs at once")
    func migrates() async throws {
        let cluster = try await PostgresCluster.start()
        let key = SeriesKey(name: "old", service: "s", labels: ["a": "b"])
        try await cluster.psql(
            """
            CREATE TABLE muster_versions (name text PRIMARY KEY, version integer NOT NULL);
            INSERT INTO muster_versions VALUES ('muster_samples', 1);
            CREATE TABLE muster_samples_series (id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY,
                hash text NOT NULL UNIQUE, name text NOT NULL, service text NOT NULL, labels jsonb NOT NULL);
            CREATE INDEX ON muster_samples_series (name);
            CREATE TABLE muster_samples (series_id bigint NOT NULL REFERENCES muster_samples_series (id),
                time timestamptz NOT NULL, value double precision NOT NULL, PRIMARY KEY (series_id, time));
            CREATE INDEX ON muster_samples USING brin (time) WITH (autosummarize = on);
            CREATE VIEW muster_samples_view AS SELECT s.time, r.name, r.service, r.labels, s.value, s.series_id
                FROM muster_samples s JOIN muster_samples_series r ON r.id = s.series_id;
            INSERT INTO muster_samples_series (hash, name, service, labels)
                VALUES ('\(key.digest)', 'old', 's', '{"a": "b"}');
            INSERT INTO muster_samples VALUES (1, '1970-01-01T00:00:01Z', 1.5);
            """
        )
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<8 {
                group.addTask {
                    let module = try make(cluster)
                    try await module.start(series: "run")
                    try await module.close()
                }
            }
            try await group.waitForAll()
        }
        let module = try make(cluster)
        try await module.start(series: "run")
        let sample = Sample(name: "old", service: "s", labels: ["a": "b"], kind: .counter, value: 2, timestamp: 2000)
        #expect(try await module.write(time: 0, samples: [sample]).acceptedCount == 1)
        let rows = try await stored(cluster, "muster_samples_view")
        #expect(rows.map(\.time).sorted() == [1000, 2000])
        #expect(rows.map(\.kind) == ["counter", "counter"])
        #expect(
            try await cluster.psql("SELECT name, version FROM muster_versions ORDER BY name")
                == "muster_alerts|1\nmuster_samples|2"
        )
        try await module.close()
    }

    @Test("Two programs that write the same series at once get the same numbers for them")
    func concurrent() async throws {
        let cluster = try await PostgresCluster.start()
        try await withThrowingTaskGroup(of: Void.self) { group in
            for _ in 0..<4 {
                group.addTask {
                    let module = try make(cluster)
                    try await module.start(series: "run")
                    for batch in 0..<5 {
                        let samples = Records.samples(400, from: batch * 400, series: 300).shuffled()
                        #expect(try await module.write(time: 0, samples: samples) == .accepted(count: 400))
                    }
                    try await module.close()
                }
            }
            try await group.waitForAll()
        }
        #expect(try await cluster.psql("SELECT count(*), count(DISTINCT value) FROM muster_samples") == "2000|2000")
        #expect(try await cluster.psql("SELECT count(*) FROM muster_samples_series") == "300")
    }

    @Test("Old rows are removed a part at a time, and series without samples with them; removed tables come back")
    func retention() async throws {
        let cluster = try await PostgresCluster.start()
        let clock = Mutex(Records.start)
        let module = try SQLModule(configuration: configuration(cluster, ["sql.retention": .text("1h")])) {
            clock.withLock { $0 }
        }
        try await module.start(series: "run")
        let old = (0..<25_000).map { Sample(name: "old", value: 1, timestamp: Records.start + Int64($0) * 100) }
        #expect(try await module.write(time: 0, samples: old).acceptedCount == 25_000)
        clock.withLock { $0 += 5 * 3_600_000 }
        let now = clock.withLock { $0 }
        var counts: [String] = []
        for step in 0..<4 as Range<Int64> {
            _ = try await module.write(time: 0, samples: [Sample(name: "new", value: 1, timestamp: now + step)])
            counts.append(try await cluster.psql("SELECT count(*) FROM muster_samples"))
        }
        #expect(module.retentionProblem == nil)
        #expect(counts == ["15001", "5002", "3", "4"])
        #expect(try await cluster.psql("SELECT name FROM muster_samples_series") == "new")
        _ = try await module.write(time: 0, samples: [Sample(name: "old", value: 1, timestamp: now)])
        #expect(try await cluster.psql("SELECT count(*) FROM muster_samples_series") == "2")
        try await cluster.psql("DELETE FROM muster_samples; DELETE FROM muster_samples_series")
        #expect(try await module.write(time: 0, samples: Records.samples(20)).acceptedCount == 20)
        try await cluster.psql(
            "DROP TABLE muster_samples, muster_samples_series, muster_versions, muster_alerts CASCADE"
        )
        #expect(try await module.write(time: 0, samples: Records.samples(20)).retryCount == 20)
        #expect(try await module.write(time: 0, samples: Records.samples(20)).acceptedCount == 20)
        try await module.close()
    }

    private func configuration(
        _ cluster: PostgresCluster,
        _ settings: [String: ModuleValue] = [:]
    ) throws -> ModuleConfiguration {
        let all: [String: ModuleValue] = [
            "sql.driver": .text("postgresql"), "sql.host": .text("127.0.0.1"), "sql.port": .integer(cluster.port),
            "sql.user": .text("postgres"), "sql.database": .text("postgres"),
        ]
        let context = ModuleContext(name: "sql", network: network)
        return try ModuleConfiguration(of: SQLModule.self, settings: all.merging(settings) { $1 }, context: context)
    }

    private func make(_ cluster: PostgresCluster, _ settings: [String: ModuleValue] = [:]) throws -> SQLModule {
        try SQLModule(configuration: configuration(cluster, settings))
    }

    private func stored(_ cluster: PostgresCluster, _ view: String) async throws -> [StoredSample] {
        let parameters = PostgresParameters(
            host: cluster.socketFolder,
            port: cluster.port,
            user: "postgres",
            database: "postgres"
        )
        let connection = try await PostgresConnection.open(
            parameters,
            reactor: network.reactor,
            resolver: network.resolver,
            pool: network.pool,
            until: .now + .seconds(30)
        )
        defer { connection.finish() }
        let rows = try await connection.execute(
            "SELECT (extract(epoch FROM time) * 1000)::bigint, name, service, labels, kind, value FROM \(view)",
            until: .now + .seconds(30)
        ).rows
        return try rows.map { row in
            let value: Double = try #require(row[5].flatMap { Double($0) })
            return StoredSample(
                time: try #require(row[0].flatMap { Int64($0) }),
                name: try #require(row[1]),
                service: try #require(row[2]),
                labels: try labels(#require(row[3])),
                kind: try #require(row[4]),
                value: value
            )
        }
    }
}
