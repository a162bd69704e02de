import CPostgres
import PostgresClient
import Transport

extension ServerConnection {
    /// How statements are sent one by one.
    enum SimpleMode: Sendable, Equatable {
        /// Each in a read-only transaction that sets what it needs and leaves nothing behind, so that a pooler can give
        /// the session to others in between.
        case transactions(SessionSettings)
        /// As it is: for consoles that are no databases, such as PgBouncer's.
        case plain
    }

    /// Runs statements one after another with the simple protocol.
    ///
    /// - Throws: `PostgresError`, `TransportError` at the deadline, `CancellationError`. What `onOutcome` has got stays
    ///   valid.
    func runOneByOne(
        _ statements: [Statement],
        mode: SimpleMode,
        until deadline: ContinuousClock.Instant,
        onOutcome: (Int, StatementOutcome) -> Void
    ) async throws {
        for (index, statement) in statements.enumerated() {
            let start = ContinuousClock.now
            let result = try await runSimple(Self.text(of: statement, mode), until: deadline)
            // An error leaves the transaction open.
            if PQtransactionStatus(pointer) != PQTRANS_IDLE { _ = try await runSimple("ROLLBACK", until: deadline) }
            onOutcome(index, StatementOutcome(result: result, duration: ContinuousClock.now - start))
        }
    }

    /// Sends one text and reads everything that comes for it: the last rows, or the first error.
    private func runSimple(
        _ text: String,
        until deadline: ContinuousClock.Instant
    ) async throws -> Result<ServerResult, PostgresError> {
        guard PQsendQuery(pointer, text) == 1 else { throw link.lost() }
        return try await readSimple(until: deadline)
    }

    private func readSimple(until deadline: ContinuousClock.Instant) async throws -> Result<ServerResult, PostgresError>
    {
        var rows: ServerResult?
        var failure: PostgresError?
        let (results, error) = await receive(.end, until: deadline)
        for result in results {
            switch try Self.outcome(of: result, on: self) {
            case .success(let table): if table.columnCount > 0 { rows = table }
            case .failure(let error): failure = failure ?? error
            }
        }
        if let error { throw error }
        guard isUsable else { throw link.lost() }
        if let failure { return .failure(failure) }
        if let rows { return .success(rows) }
        return .failure(PostgresError(code: .queryFailed, message: "the query returns no rows"))
    }

    static func text(of statement: Statement, _ mode: SimpleMode) -> String {
        guard case .transactions(var settings) = mode else { return statement.sql }
        settings.statementTimeout = statement.timeout ?? settings.statementTimeout
        // The line ends keep a comment at the end of the query from swallowing what follows.
        return "BEGIN READ ONLY;\(settings.transactionStatements)\n\(statement.sql)\n;COMMIT"
    }

    /// Reads what is left after a statement that was cancelled, and ends its transaction.
    func drainSimple(until deadline: ContinuousClock.Instant) async throws {
        _ = try await readSimple(until: deadline)
        if PQtransactionStatus(pointer) != PQTRANS_IDLE { _ = try await runSimple("ROLLBACK", until: deadline) }
    }
}
