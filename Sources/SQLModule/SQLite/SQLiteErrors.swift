import GRDB

/// What errors of SQLite mean for what was to be written (https://www.sqlite.org/rescode.html).
enum SQLiteErrors {
    /// How long to wait for what a person has to mend.
    private static let forPeople = Duration.seconds(30)

    static func classify(_ error: DatabaseError, path: String) -> SQLStoreError {
        let text = error.message ?? error.resultCode.description
        if error.extendedResultCode == .SQLITE_CONSTRAINT_FOREIGNKEY { return .staleSeries(reason: "\(path): \(text)") }
        switch error.resultCode {
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG, .SQLITE_MISMATCH, .SQLITE_RANGE: return .refused(reason: text)
        case .SQLITE_READONLY, .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_AUTH, .SQLITE_CORRUPT, .SQLITE_NOTADB:
            return .unavailable(reason: "\(path): \(text)", after: forPeople)
        default: return .unavailable(reason: "\(path): \(text)", after: nil)
        }
    }

    /// Whether the file may have been replaced, or its tables changed.
    static func needsReopening(_ error: DatabaseError) -> Bool {
        switch error.resultCode {
        case .SQLITE_ERROR, .SQLITE_IOERR, .SQLITE_READONLY, .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_SCHEMA: true
        default: false
        }
    }
}
