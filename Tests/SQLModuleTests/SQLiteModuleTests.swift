import ExportingModules
import Exposition
import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import SQLModule

@Suite("The sql module with SQLite", .timeLimit(.minutes(2)))
struct SQLiteModuleTests {
    private let folder: TemporaryFolder

    init() throws {
        folder = try TemporaryFolder()
    }

    @Test("What is written is there, value for value, whatever is in names and labels")
    func roundTrip() async throws {
        let module = try make()
        try await module.start(series: "run")
        var samples: [Sample] = []
        for (index, labels) in Records.hostile.enumerated() {
            for (step, value) in Records.values.enumerated() {
                samples.append(
                    Sample(
                        name: index % 2 == 0 ? "pg_up" : "na'me \"x\"",
                        service: "s-\(index)",
                        labels: labels,
                        kind: .counter,
                        value: value,
                        timestamp: Records.start + Int64(step)
                    )
                )
            }
        }
        #expect(try await module.write(time: 0, samples: samples) == .accepted(count: samples.count))
        // NaN is NULL in SQLite, and zero has no sign.
        let expected = samples.map { sample in
            var stored = StoredSample(sample)
            if sample.value.isNaN { stored.value = nil }
            if sample.value == 0 { stored.value = 0 }
            return stored
        }
        let stored = try await self.stored()
        #expect(Set(stored) == Set(expected))
        #expect(stored.count == samples.count)
        try await module.close()
    }

    @Test("What comes again is not there twice, and the series stay the same over restarts")
    func again() async throws {
        let samples = Records.samples(1000)
        for _ in 0..<3 {
            let module = try make()
            try await module.start(series: "run")
            for _ in 0..<2 { #expect(try await module.write(time: 0, samples: samples) == .accepted(count: 1000)) }
            try await module.close()
        }
        #expect(try await number("SELECT count(*) FROM muster_samples") == 1000)
        #expect(try await number("SELECT count(*) FROM muster_samples_series") == 10)
    }

    @Test("An alert is one row, which its end changes and older news do not")
    func alerts() async throws {
        let module = try make()
        try await module.start(series: "run")
        var resolved = Records.alert
        resolved.state = .resolved
        resolved.end = Records.start + 60_000
        #expect(try await module.warn(time: Records.start, alert: Records.alert) == .accepted)
        #expect(try await module.warn(time: Records.start + 61_000, alert: resolved) == .accepted)
        #expect(try await module.warn(time: Records.start + 1000, alert: Records.alert) == .accepted)
        let text = try await read {
            try String.fetchOne(
                $0,
                sql: """
                    SELECT id || '|' || state || '|' || ended_at || '|' || (value = 9e999) || '|' || (drift IS NULL) || '|'
                        || threshold || '|' || labels FROM muster_alerts
                    """
            )
        }
        #expect(text == "17-up-'00ff'|resolved|\(Records.start + 60_000)|1|1|60.5|{\"db\":\"or\\\"ders\"}")
        #expect(try await number("SELECT count(*) FROM muster_alerts") == 1)
        try await module.close()
    }

    @Test("A row that the database refuses is rejected with its reason, the others are stored")
    func poison() async throws {
        let module = try make()
        try await module.start(series: "run")
        try await change(
            """
            CREATE TRIGGER no_sevens BEFORE INSERT ON muster_samples WHEN NEW.value % 100 = 7
            BEGIN SELECT RAISE(ABORT, 'no sevens here'); END
            """
        )
        let nul = Sample(name: "m", labels: ["a": "x\0y"], value: 1, timestamp: 0)
        let early = Sample(name: "m", value: 1, timestamp: .min)
        let delivery = try await module.write(time: 0, samples: Records.samples(500) + [nul, early])
        #expect(delivery.rejectedCount == 7)
        #expect(delivery.acceptedCount == 495)
        #expect(delivery[107] == .rejected(reason: "no sevens here"))
        #expect(delivery[500] == .rejected(reason: "a name or a label has a NUL, which a database cannot store"))
        #expect(try await number("SELECT count(*) FROM muster_samples") == 495)
        var alert = Records.alert
        alert.stat = "\0"
        guard case .rejected = try await module.warn(time: 0, alert: alert) else {
            Issue.record("an alert with NUL was taken")
            return
        }
        try await module.close()
    }

    @Test("While somebody else writes it waits, until the deadline; then all is to be sent again")
    func locked() async throws {
        let module = try make(["sql.timeout": .text("5s")])
        try await startEventually(module)
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try other.inDatabase { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let delivery = try await module.write(time: 0, samples: Records.samples(10))
        #expect(delivery.retryCount == 10)
        try other.inDatabase { try $0.execute(sql: "COMMIT") }
        try await waitUntil("the rows are taken") {
            try await module.write(time: 0, samples: Records.samples(10)).acceptedCount == 10
        }
        try await module.close()
    }

    @Test("Where no file can be made the start fails, says why, and leaves nothing open")
    func cannotOpen() async throws {
        let module = try make(["sql.path": .text("\(folder.path)/no/such/x.db")])
        await #expect(throws: SQLStoreError.self) { try await module.start(series: "run") }
        try TextProbe.write("this is no database, and it is long enough for one", to: path)
        let other = try make()
        let error = await #expect(throws: SQLStoreError.self) { try await other.start(series: "run") }
        #expect(error == .unavailable(reason: "\(path): file is not a database", after: .seconds(30)))
        await #expect(throws: ModuleIOError.self) { try await other.write(time: 0, samples: Records.samples(1)) }
    }

    @Test("Tables of version 1 are migrated with what is in them")
    func migrates() async throws {
        let key = SeriesKey(name: "old", service: "s", labels: ["a": "b"])
        try await change(
            """
            CREATE TABLE muster_versions (name TEXT PRIMARY KEY NOT NULL, version INTEGER NOT NULL);
            INSERT INTO muster_versions VALUES ('muster_samples', 1);
            CREATE TABLE muster_samples_series (id INTEGER PRIMARY KEY, hash TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
                service TEXT NOT NULL, labels TEXT NOT NULL);
            CREATE INDEX muster_samples_series_name ON muster_samples_series (name);
            CREATE TABLE muster_samples (series_id INTEGER NOT NULL REFERENCES muster_samples_series (id),
                time INTEGER NOT NULL, value REAL, PRIMARY KEY (series_id, time)) WITHOUT ROWID;
            CREATE INDEX muster_samples_time ON muster_samples (time);
            CREATE VIEW muster_samples_view AS SELECT s.time, r.name, r.service, r.labels, s.value, s.series_id
                FROM muster_samples s JOIN muster_samples_series r ON r.id = s.series_id;
            INSERT INTO muster_samples_series VALUES (5, '\(key.digest)', 'old', 's', '{"a":"b"}');
            INSERT INTO muster_samples VALUES (5, 1000, 1.5);
            """
        )
        let module = try make()
        try await module.start(series: "run")
        #expect(try await stored().map(\.kind) == ["unknown"])
        let sample = Sample(name: "old", service: "s", labels: ["a": "b"], kind: .counter, value: 2, timestamp: 2000)
        #expect(try await module.write(time: 0, samples: [sample]).acceptedCount == 1)
        let rows = try await stored()
        #expect(rows.map(\.time).sorted() == [1000, 2000])
        #expect(rows.map(\.kind) == ["counter", "counter"])
        #expect(try await number("SELECT version FROM muster_versions WHERE name = 'muster_samples'") == 2)
        try await module.close()
        // What a later program has made is left alone.
        try await change("UPDATE muster_versions SET version = 3 WHERE name = 'muster_samples'")
        let error = await #expect(throws: SQLStoreError.self) { try await make().start(series: "run") }
        guard case .unavailable(let reason, _) = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(reason == "the table muster_samples has version 3, and this program knows it up to 2")
    }

    @Test("Old rows are removed a part at a time, and series without samples with them")
    func retention() async throws {
        let clock = Mutex(Records.start)
        let configuration = try configuration(["sql.retention": .text("1h")])
        let module = try SQLModule(configuration: configuration) { clock.withLock { $0 } }
        try await module.start(series: "run")
        // One sample a second for some hours, of a series that ends and of one that goes on.
        let old = (0..<25_000).map { Sample(name: "old", value: 1, timestamp: Records.start + Int64($0) * 100) }
        #expect(try await module.write(time: 0, samples: old).acceptedCount == 25_000)
        var resolved = Records.alert
        resolved.state = .resolved
        resolved.end = Records.start
        _ = try await module.warn(time: 0, alert: resolved)
        clock.withLock { $0 += 5 * 3_600_000 }
        let now = clock.withLock { $0 }
        var counts: [Int] = []
        for step in 0..<4 as Range<Int64> {
            let sample = Sample(name: "new", value: 1, timestamp: now + step)
            _ = try await module.write(time: 0, samples: [sample])
            counts.append(try await number("SELECT count(*) FROM muster_samples"))
        }
        #expect(counts == [15_001, 5002, 3, 4])
        #expect(module.retentionProblem == nil)
        #expect(try await number("SELECT count(*) FROM muster_samples_series") == 1)
        #expect(try await number("SELECT count(*) FROM muster_alerts") == 0)
        // The series that was removed comes back.
        _ = try await module.write(time: 0, samples: [Sample(name: "old", value: 1, timestamp: now)])
        #expect(try await number("SELECT count(*) FROM muster_samples_series") == 2)
        try await module.close()
    }

    @Test("Series and tables that somebody removes are made again")
    func removed() async throws {
        let module = try make()
        try await module.start(series: "run")
        _ = try await module.write(time: 0, samples: Records.samples(10))
        try await change("DELETE FROM muster_samples; DELETE FROM muster_samples_series")
        #expect(try await module.write(time: 0, samples: Records.samples(20)).acceptedCount == 20)
        try await change(
            """
            DROP VIEW muster_samples_view; DROP TABLE muster_samples; DROP TABLE muster_samples_series;
            DROP TABLE muster_versions; DROP TABLE muster_alerts
            """
        )
        #expect(try await module.write(time: 0, samples: Records.samples(20)).retryCount == 20)
        #expect(try await module.write(time: 0, samples: Records.samples(20)).acceptedCount == 20)
        #expect(try await number("SELECT count(*) FROM muster_samples_view") == 20)
        try await module.close()
    }

    private var path: String { folder.path("data.db") }

    private func configuration(_ settings: [String: ModuleValue] = [:]) throws -> ModuleConfiguration {
        let all = ["sql.driver": .text("sqlite"), "sql.path": .text(path)].merging(settings) { $1 }
        return try ModuleConfiguration(of: SQLModule.self, settings: all)
    }

    private func make(_ settings: [String: ModuleValue] = [:]) throws -> SQLModule {
        try SQLModule(configuration: configuration(settings))
    }

    private func read<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value {
        try await DatabaseQueue(path: path).read(body)
    }

    private func change(_ sql: String) async throws {
        try await DatabaseQueue(path: path).write { try $0.execute(sql: sql) }
    }

    private func number(_ sql: String) async throws -> Int {
        try #require(try await read { try Int.fetchOne($0, sql: sql) })
    }

    private func stored() async throws -> [StoredSample] {
        try await read { database in
            try Row.fetchAll(database, sql: "SELECT * FROM muster_samples_view").map { row in
                StoredSample(
                    time: row["time"],
                    name: row["name"],
                    service: row["service"],
                    labels: try labels(row["labels"]),
                    kind: row["kind"],
                    value: row["value"]
                )
            }
        }
    }
}

/// Writes a file.
enum TextProbe {
    static func write(_ text: String, to path: String) throws {
        try text.write(toFile: path, atomically: false, encoding: .utf8)
    }
}
