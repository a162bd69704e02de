import GRDB
import GRDBSQLite
import Glibc
import QueryFiles
import Synchronization
import Transport

/// One connection to a SQLite file: opened when it is first needed, and again when the file has been replaced.
///
/// Everything that may block runs on the pool's threads, one run at a time.
final class FileConnection: Sendable {
    struct Options: Sendable {
        var path: String
        var isImmutable: Bool
        var limits: ResultLimits
    }

    /// An open database.
    private struct Opened: Sendable {
        var database: DatabaseQueue
        var identity: FileIdentity
        var facts: ServerFacts
    }

    private struct State {
        var opened: Opened?
        var isRunning = false
        var isClosed = false
    }

    private let options: Options
    private let pool: BlockingPool
    private let signal = StopSignal()
    private let state = Mutex(State())

    init(_ options: Options, pool: BlockingPool) {
        self.options = options
        self.pool = pool
    }

    /// Runs `body` on the open database.
    ///
    /// When the task is cancelled, or the time is nearly over, the query that runs is interrupted: the rest of the time is
    /// for handing over what there is. What does not come back even then is no longer waited for.
    ///
    /// - Throws: ``SQLiteExporterError``, what `body` throws, `CancellationError`.
    func run<Value: Sendable>(
        within time: Duration,
        _ body: @escaping @Sendable (SQLiteSession) throws -> Value
    ) async throws -> Value {
        let number = try begin()
        let start = ContinuousClock.now
        let reserve = max(time / 10, min(.milliseconds(100), time / 2))
        do {
            let result = try await withTaskCancellationHandler {
                try await pool.run(until: start + time) { [self] in
                    Result { try work(until: start + time - reserve, body) }
                }
            } onCancel: {
                signal.cancel(number)
            }
            return try result.get()
        } catch let error as TransportError {
            signal.cancel(number)
            // Only then was the work not taken; otherwise it ends by itself.
            if error.code == .busy { state.withLock { $0.isRunning = false } }
            throw SQLiteExporterError(
                code: error.code == .busy ? .busy : .timedOut,
                message: "\(options.path): \(error)"
            )
        }
    }

    /// Interrupts what runs and closes the database, and waits for that, but not long.
    func close() async {
        state.withLock { $0.isClosed = true }
        signal.cancelCurrent()
        // Closing may write to the disk. A run that is under way closes when it ends.
        try? await pool.run(until: .now + .seconds(1)) { [self] in closeIfIdle() }
    }

    // MARK: - On the pool's threads

    private func work<Value>(
        until deadline: ContinuousClock.Instant,
        _ body: (SQLiteSession) throws -> Value
    ) throws -> Value {
        var opened = state.withLock { state in
            defer { state.opened = nil }
            return state.opened
        }
        defer { end(opened) }
        signal.setDeadline(deadline)
        if signal.isCancelled { throw CancellationError() }
        let identity = try FileIdentity(options.path)
        if let current = opened, current.identity != identity { opened = nil }
        let current = try opened ?? open(identity, until: deadline)
        opened = current
        return try body(
            SQLiteSession(
                database: current.database,
                facts: current.facts,
                path: options.path,
                limits: options.limits,
                signal: signal,
                deadline: deadline
            )
        )
    }

    private func open(_ identity: FileIdentity, until deadline: ContinuousClock.Instant) throws -> Opened {
        do {
            let database = try DatabaseQueue(path: name, configuration: configuration)
            let session = SQLiteSession(
                database: database,
                facts: ServerFacts(version: ServerVersion(0)),
                path: options.path,
                limits: options.limits,
                signal: signal,
                deadline: deadline
            )
            return Opened(database: database, identity: identity, facts: try session.findFacts())
        } catch let error as DatabaseError {
            throw SQLiteExporterError(error, path: options.path, signal: signal)
        }
    }

    /// What SQLite is to open: a path, or a URI where an option is needed.
    private var name: String {
        guard options.isImmutable else { return options.path }
        var escaped = ""
        for byte in options.path.utf8 {
            let scalar = Unicode.Scalar(byte)
            if scalar.properties.isAlphabetic || "0123456789/-_.~".unicodeScalars.contains(scalar), byte < 0x80 {
                escaped.unicodeScalars.append(scalar)
            } else {
                let hex = String(byte, radix: 16, uppercase: true)
                escaped += "%" + (hex.count == 1 ? "0" : "") + hex
            }
        }
        return "file:" + escaped + "?immutable=1"
    }

    private var configuration: Configuration {
        var configuration = Configuration()
        configuration.readonly = true
        configuration.foreignKeysEnabled = false
        configuration.allowsUnsafeTransactions = true
        configuration.label = "muster"
        let signal = signal
        configuration.busyMode = .callback { tries in
            if signal.shouldStop { return false }
            usleep(UInt32(min(1 + max(0, tries), 20)) * 1_000)
            return true
        }
        let path = options.path
        configuration.prepareDatabase { database in
            sqlite3_limit(database.sqliteConnection, SQLITE_LIMIT_LENGTH, ResultLimits.maximumValueLength)
            // The busy callback keeps the signal alive for as long as the connection.
            sqlite3_progress_handler(
                database.sqliteConnection,
                1_000,
                { context in
                    guard let context else { return 0 }
                    return Unmanaged<StopSignal>.fromOpaque(context).takeUnretainedValue().shouldStop ? 1 : 0
                },
                Unmanaged.passUnretained(signal).toOpaque()
            )
            database.add(function: Self.fileSize(path))
        }
        return configuration
    }

    /// `muster_file_size('')`, `'-wal'`, `'-journal'`, `'-shm'`: bytes on disk, NULL if there is no such file.
    private static func fileSize(_ path: String) -> DatabaseFunction {
        DatabaseFunction("muster_file_size", argumentCount: 1) { values in
            guard let suffix = String.fromDatabaseValue(values[0]), ["", "-wal", "-journal", "-shm"].contains(suffix)
            else { throw DatabaseError(message: "muster_file_size takes '', '-wal', '-journal' or '-shm'") }
            return FileIdentity.size(path + suffix)
        }
    }

    // MARK: - State

    private func begin() throws(SQLiteExporterError) -> UInt64 {
        let error = state.withLock { state -> SQLiteExporterError? in
            if state.isClosed { return SQLiteExporterError(code: .closed, message: "\(options.path): closed") }
            if state.isRunning {
                return SQLiteExporterError(
                    code: .busy,
                    message: "\(options.path): an earlier collection has not come back yet"
                )
            }
            state.isRunning = true
            return nil
        }
        if let error { throw error }
        return signal.begin()
    }

    private func end(_ opened: Opened?) {
        // After closing, the last reference goes away here, on the pool's thread.
        state.withLock { state in
            state.isRunning = false
            if !state.isClosed { state.opened = opened }
        }
    }

    private func closeIfIdle() {
        _ = state.withLock { state in
            defer { state.opened = nil }
            return state.opened
        }
    }
}
