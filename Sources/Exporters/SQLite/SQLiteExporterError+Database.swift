import GRDB

extension SQLiteExporterError {
    /// Says in a person's words what SQLite reports.
    init(_ error: DatabaseError, path: String, signal: StopSignal) {
        let message = error.message ?? "\(error.resultCode)"
        switch error.extendedResultCode {
        case .SQLITE_READONLY_ROLLBACK, .SQLITE_READONLY_RECOVERY:
            let hint = "a program that may write it must open it once, to end what a crash interrupted"
            self.init(code: .unreachable, message: "\(path): \(hint)")
            return
        case .SQLITE_READONLY_CANTLOCK, .SQLITE_READONLY_CANTINIT, .SQLITE_READONLY_DIRECTORY:
            let hint = "the folder cannot be written, and reading needs its lock file"
            self.init(code: .unreachable, message: "\(path): \(hint); if nothing writes the file, set immutable: true")
            return
        default:
            break
        }
        switch error.resultCode {
        case .SQLITE_INTERRUPT:
            self.init(code: .timedOut, message: signal.isCancelled ? "cancelled" : "timed out")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(code: .unreachable, message: "\(path): locked by another connection")
        case .SQLITE_NOTADB:
            self.init(code: .unreachable, message: "\(path): not a SQLite database")
        case .SQLITE_CANTOPEN:
            let hint = "; if nothing writes the file, set immutable: true"
            self.init(code: .unreachable, message: "\(path): \(message)\(hint)")
        case .SQLITE_CORRUPT, .SQLITE_IOERR, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_PROTOCOL, .SQLITE_NOMEM:
            self.init(code: .unreachable, message: "\(path): \(message)")
        case .SQLITE_TOOBIG:
            self.init(code: .tooLarge, message: message)
        case .SQLITE_READONLY:
            self.init(code: .query, message: "\(message): queries may not write")
        default:
            self.init(code: .query, message: message)
        }
    }
}
