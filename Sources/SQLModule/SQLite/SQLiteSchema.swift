/// The tables in SQLite, and how they came to be what they are.
struct SQLiteSchema: Sendable {
    let names: SQLNames

    /// What makes version 1 of the tables of samples, version 2 from that, and so on. Never changed, only added to.
    var samples: [[String]] {
        [
            [
                """
                CREATE TABLE \(names.series) (
                    id INTEGER PRIMARY KEY,
                    hash TEXT NOT NULL UNIQUE,
                    name TEXT NOT NULL,
                    service TEXT NOT NULL,
                    labels TEXT NOT NULL
                )
                """,
                "CREATE INDEX \(index("series_name")) ON \(names.series) (name)",
                """
                CREATE TABLE \(names.samples) (
                    series_id INTEGER NOT NULL REFERENCES \(names.series) (id),
                    time INTEGER NOT NULL,
                    value REAL,
                    PRIMARY KEY (series_id, time)
                ) WITHOUT ROWID
                """,
                "CREATE INDEX \(index("time")) ON \(names.samples) (time)",
                """
                CREATE VIEW \(names.view) AS
                SELECT s.time, r.name, r.service, r.labels, s.value, s.series_id
                FROM \(names.samples) s JOIN \(names.series) r ON r.id = s.series_id
                """,
            ],
            [
                "ALTER TABLE \(names.series) ADD COLUMN kind TEXT NOT NULL DEFAULT 'unknown'",
                "DROP VIEW \(names.view)",
                """
                CREATE VIEW \(names.view) AS
                SELECT s.time, r.name, r.service, r.labels, s.value, s.series_id, r.kind
                FROM \(names.samples) s JOIN \(names.series) r ON r.id = s.series_id
                """,
            ],
        ]
    }

    /// As ``samples``, for the table of alerts.
    var alerts: [[String]] {
        [
            [
                """
                CREATE TABLE \(names.alerts) (
                    id TEXT PRIMARY KEY NOT NULL,
                    state TEXT NOT NULL,
                    status TEXT NOT NULL,
                    stat TEXT NOT NULL,
                    service TEXT NOT NULL,
                    labels TEXT NOT NULL,
                    value REAL,
                    code INTEGER NOT NULL,
                    probability REAL NOT NULL,
                    threshold REAL,
                    drift REAL,
                    confidence TEXT NOT NULL,
                    started_at INTEGER NOT NULL,
                    ended_at INTEGER,
                    updated_at INTEGER NOT NULL
                )
                """,
                "CREATE INDEX \(names.qualified("\(names.alertsTable)_started_at")) ON \(names.alerts) (started_at)",
            ]
        ]
    }

    private func index(_ name: String) -> String { names.qualified("\(names.samplesTable)_\(name)") }

    var addSeries: String {
        """
        INSERT INTO \(names.series) (hash, name, service, labels, kind) VALUES (?, ?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET kind = excluded.kind WHERE kind <> excluded.kind
        """
    }

    var findSeries: String { "SELECT id FROM \(names.series) WHERE hash = ?" }

    var addSample: String {
        """
        INSERT INTO \(names.samples) (series_id, time, value) VALUES (?, ?, ?) ON CONFLICT (series_id, time) DO NOTHING
        """
    }

    var addAlert: String {
        """
        INSERT INTO \(names.alerts) (id, state, status, stat, service, labels, value, code, probability, threshold, drift,
            confidence, started_at, ended_at, updated_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (id) DO UPDATE SET state = excluded.state, value = excluded.value, code = excluded.code,
            status = excluded.status, probability = excluded.probability, threshold = excluded.threshold,
            drift = excluded.drift, confidence = excluded.confidence, ended_at = excluded.ended_at,
            updated_at = excluded.updated_at
        WHERE updated_at <= excluded.updated_at
        """
    }

    /// Parameters: the time, the limit.
    var removeSamples: String {
        """
        DELETE FROM \(names.samples) WHERE (series_id, time) IN (
            SELECT series_id, time FROM \(names.samples) WHERE time < ? LIMIT ?)
        """
    }

    /// Parameters: the time, the limit. An alert that goes on stays.
    var removeAlerts: String {
        "DELETE FROM \(names.alerts) WHERE id IN (SELECT id FROM \(names.alerts) WHERE ended_at < ? LIMIT ?)"
    }

    /// Parameter: the limit.
    var removeSeries: String {
        """
        DELETE FROM \(names.series) WHERE id IN (
            SELECT r.id FROM \(names.series) r
            WHERE NOT EXISTS (SELECT 1 FROM \(names.samples) s WHERE s.series_id = r.id) LIMIT ?)
        """
    }
}
