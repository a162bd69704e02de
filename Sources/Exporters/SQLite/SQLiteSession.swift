import GRDB
import GRDBSQLite
import QueryFiles

/// The bounds of one result, so that a careless query cannot exhaust memory.
struct ResultLimits: Sendable {
    /// The longest text or blob that SQLite may make, in bytes.
    static let maximumValueLength: Int32 = 16 << 20

    /// The most rows.
    var rows = 10_000
    /// The most bytes of text in all rows together.
    var bytes = 16 << 20
}

/// What a run may do on an open database. It blocks, so it is used on the pool's threads only.
struct SQLiteSession {
    let database: DatabaseQueue
    let facts: ServerFacts
    let path: String
    let limits: ResultLimits
    let signal: StopSignal
    /// When the run must end.
    let deadline: ContinuousClock.Instant

    /// Whether the run was cancelled.
    var isCancelled: Bool { signal.isCancelled }

    /// Runs one statement, and interrupts it at its own deadline or the run's.
    ///
    /// - Throws: ``SQLiteExporterError``.
    func table(_ sql: String, within time: Duration) throws(SQLiteExporterError) -> MemoryTable {
        signal.setDeadline(min(deadline, .now + time))
        do {
            // Not `read`: one statement needs no transaction around it, and GRDB traps when one is left open.
            return try database.unsafeRead { database in
                try fetch(database, sql)
            }
        } catch let error as SQLiteExporterError {
            throw error
        } catch let error as DatabaseError {
            throw SQLiteExporterError(error, path: path, signal: signal)
        } catch {
            throw SQLiteExporterError(code: .query, message: "\(error)")
        }
    }

    /// Finds out what conditions can ask for. The first read shows, too, whether the file is a database at all.
    func findFacts() throws -> ServerFacts {
        try database.unsafeRead { database in
            let version = try String.fetchOne(database, sql: "SELECT sqlite_version()") ?? ""
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
            // Some builds of SQLite leave this list out.
            let modules = try? String.fetchAll(database, sql: "SELECT name FROM pragma_module_list")
            return ServerFacts(
                version: ServerVersion(version) ?? ServerVersion(0),
                database: path.split(separator: "/").last.map(String.init) ?? path,
                extensions: Set(modules ?? [])
            )
        }
    }

    // GRDB prepares and finalises; the rows are read with SQLite's own calls, since a `SELECT *` may get other columns
    // when the statement prepares itself again for a changed schema.
    private func fetch(_ database: Database, _ sql: String) throws -> MemoryTable {
        let statement = try database.makeStatement(sql: sql)
        guard statement.isReadonly, statement.columnCount > 0 else {
            throw SQLiteExporterError(code: .query, message: "not a query: it returns no rows, or changes the database")
        }
        guard sqlite3_bind_parameter_count(statement.sqliteStatement) == 0 else {
            throw SQLiteExporterError(code: .query, message: "the query has parameters, which nothing gives a value")
        }
        let handle = statement.sqliteStatement
        defer { sqlite3_reset(handle) }
        var code = sqlite3_step(handle)
        let columns = sqlite3_column_count(handle)
        var table = MemoryTable(columnNames: (0..<columns).map { Self.name(handle, $0) })
        var rows = 0
        var bytes = 0
        while code == SQLITE_ROW {
            rows += 1
            guard rows <= limits.rows else {
                throw SQLiteExporterError(code: .tooLarge, message: "more than \(limits.rows) rows (max_rows)")
            }
            for column in 0..<columns { table.values.append(Self.value(handle, column, &bytes)) }
            guard bytes <= limits.bytes else {
                throw SQLiteExporterError(code: .tooLarge, message: "more than \(limits.bytes) bytes of text")
            }
            code = sqlite3_step(handle)
        }
        guard code == SQLITE_DONE else {
            let message = sqlite3_errmsg(database.sqliteConnection).map { String(cString: $0) }
            throw DatabaseError(resultCode: ResultCode(rawValue: code), message: message)
        }
        return table
    }

    private static func name(_ statement: OpaquePointer, _ column: Int32) -> String {
        sqlite3_column_name(statement, column).map { String(cString: $0) } ?? ""
    }

    private static func value(_ statement: OpaquePointer, _ column: Int32, _ bytes: inout Int) -> ColumnValue {
        switch sqlite3_column_type(statement, column) {
        case SQLITE_INTEGER:
            return .integer(sqlite3_column_int64(statement, column))
        case SQLITE_FLOAT:
            return .real(sqlite3_column_double(statement, column))
        case SQLITE_TEXT:
            // The text first, then its length: it may be converted from UTF-16.
            guard let text = sqlite3_column_text(statement, column) else { return .null }
            let length = Int(sqlite3_column_bytes(statement, column))
            bytes += length
            return .text(String(decoding: UnsafeBufferPointer(start: text, count: length), as: UTF8.self))
        case SQLITE_BLOB:
            let length = Int(sqlite3_column_bytes(statement, column))
            bytes += length
            guard let blob = sqlite3_column_blob(statement, column) else { return .text("") }
            return .text(text(of: UnsafeRawBufferPointer(start: blob, count: length)))
        default:
            return .null
        }
    }

    /// Many programs keep text in blobs; anything else is shown in hexadecimal, as `hex()` does.
    private static func text(of blob: UnsafeRawBufferPointer) -> String {
        if let text = String(validating: blob, as: UTF8.self), !text.utf8.contains(0) { return text }
        return blob.reduce(into: "") { text, byte in
            text += (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
        }
    }
}
