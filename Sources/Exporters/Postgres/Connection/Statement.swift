import PostgresClient

/// One query to run.
struct Statement: Sendable {
    var sql: String
    /// How long the server may work on it; nil for the session's timeout.
    var timeout: Duration?
}

/// What one query gave, and how long that took.
struct StatementOutcome {
    var result: Result<ServerResult, PostgresError>
    var duration: Duration
}
