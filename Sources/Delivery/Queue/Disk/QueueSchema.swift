import GRDB

/// The tables of a queue.
///
/// - `chunks`: what is known about each chunk of samples; `settled` is NULL or one bit per sample.
/// - `bodies`: the samples themselves (``EncodedChunk``), apart, so that looking through the chunks is cheap.
/// - `alerts`: the news of alerts (``AlertCodec``).
/// - `counters`: what has become of everything, in the same transactions.
enum QueueSchema {
    /// `MQUE`: what the file says it is.
    static let applicationID: Int64 = 0x4d51_5545
    /// The version of the tables.
    static let version: Int64 = 1

    /// How many bytes a chunk or the news of an alert may have.
    static let maximumBody = 256 << 20

    /// The tables by name, as they are made.
    static let tables: [String: String] = [
        "chunks": """
        CREATE TABLE chunks (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, count INTEGER NOT NULL, \
        bytes INTEGER NOT NULL, settled BLOB)
        """,
        "bodies": "CREATE TABLE bodies (id INTEGER PRIMARY KEY, body BLOB NOT NULL)",
        "alerts": "CREATE TABLE alerts (id INTEGER PRIMARY KEY, time INTEGER NOT NULL, body BLOB NOT NULL)",
        "counters": """
        CREATE TABLE counters (kind TEXT PRIMARY KEY, added INTEGER NOT NULL, delivered INTEGER NOT NULL, \
        rejected INTEGER NOT NULL, overflow INTEGER NOT NULL, expired INTEGER NOT NULL, corrupt INTEGER NOT NULL, \
        discarded INTEGER NOT NULL, next INTEGER NOT NULL) WITHOUT ROWID
        """,
    ]

    /// Settings of a connection, before anything is read.
    ///
    /// With the exclusive lock nobody else can use the queue, and no shared memory is needed beside the file.
    ///
    /// - Parameter cachePages: How many pages are kept in memory.
    static func prepare(_ database: Database, cachePages: Int) throws {
        try database.execute(
            sql: """
                PRAGMA locking_mode = EXCLUSIVE;
                PRAGMA trusted_schema = OFF;
                PRAGMA cell_size_check = ON;
                PRAGMA mmap_size = 0;
                PRAGMA temp_store = MEMORY;
                PRAGMA cache_size = \(cachePages);
                PRAGMA page_size = \(StoredSize.page);
                PRAGMA auto_vacuum = INCREMENTAL;
                """
        )
    }

    /// Makes the tables, or checks that they are those of a queue.
    ///
    /// - Parameter walPages: After how many pages the write-ahead log is folded into the file.
    /// - Throws: ``QueueError`` for a database of something else, `DatabaseError` for a damaged one.
    static func setUp(_ database: Database, walPages: Int) throws {
        let application = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let found = try Int64.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        let isEmpty = try Row.fetchOne(database, sql: "SELECT 1 FROM sqlite_master LIMIT 1") == nil
        if isEmpty, application == 0, found == 0 {
            try start(database, walPages: walPages)
            try create(database)
            return
        }
        guard application == applicationID else {
            throw QueueError(.incompatible, "it is a database of something else")
        }
        guard found <= version else {
            throw QueueError(.incompatible, "it was written by a newer version (\(found), this one knows \(version))")
        }
        try start(database, walPages: walPages)
        try check(database)
    }

    private static func start(_ database: Database, walPages: Int) throws {
        let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
        guard mode == "wal" else { throw QueueError(.disk, "there can be no write-ahead log") }
        // Zeroes written over what is deleted would need space when there is none.
        try database.execute(
            sql: """
                PRAGMA synchronous = FULL;
                PRAGMA secure_delete = OFF;
                PRAGMA wal_autocheckpoint = \(walPages);
                PRAGMA journal_size_limit = \(walPages * StoredSize.page);
                """
        )
    }

    private static func create(_ database: Database) throws {
        try database.inTransaction(.immediate) {
            for (_, sql) in tables.sorted(by: { $0.key < $1.key }) { try database.execute(sql: sql) }
            for kind in ["alerts", "samples"] {
                try database.execute(
                    sql: "INSERT INTO counters VALUES (?, 0, 0, 0, 0, 0, 0, 0, 1)",
                    arguments: [kind]
                )
            }
            try database.execute(sql: "PRAGMA application_id = \(applicationID); PRAGMA user_version = \(version)")
            return .commit
        }
    }

    /// A view or a trigger in place of a table could do anything.
    private static func check(_ database: Database) throws {
        var missing = tables
        let rows = try Row.fetchCursor(database, sql: "SELECT type, name, sql FROM sqlite_master")
        while let row = try rows.next() {
            guard let name = String.fromDatabaseValue(row.value(1)), let sql = tables[name],
                String.fromDatabaseValue(row.value(0)) == "table", String.fromDatabaseValue(row.value(2)) == sql
            else { throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "the tables are not those of a queue") }
            missing[name] = nil
        }
        guard missing.isEmpty else {
            throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "tables are missing")
        }
    }
}
