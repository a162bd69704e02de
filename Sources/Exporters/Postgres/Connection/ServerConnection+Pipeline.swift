import CPostgres
import Transport

extension ServerConnection {
    /// Runs statements in one pipeline: all are sent at once, and their results come one after another.
    ///
    /// Each is a transaction of its own, so that one that fails costs only itself. What `onOutcome` has got stays valid
    /// when this throws; the replies that are left can be drained with `abandonPipeline`.
    ///
    /// - Parameters:
    ///   - statements: What to run.
    ///   - deadline: When to give up.
    ///   - onOutcome: Gets the index of each statement with its outcome, in order.
    /// - Throws: `PostgresError`, `TransportError` at the deadline, `CancellationError`.
    func runPipeline(
        _ statements: [Statement],
        until deadline: ContinuousClock.Instant,
        onOutcome: (Int, StatementOutcome) -> Void
    ) async throws {
        guard !statements.isEmpty else { return }
        if PQpipelineStatus(pointer) == PQ_PIPELINE_OFF, PQenterPipelineMode(pointer) == 0 { throw lost() }
        pending = PipelineProgress(commandCounts: statements.map { $0.timeout == nil ? 1 : 2 })
        holdPackets(true)
        for statement in statements {
            if let timeout = statement.timeout { try send(Self.timeoutStatement(timeout)) }
            try send(statement.sql)
            guard muster_pq_queue_pipeline_sync(pointer) == 1 else { throw lost() }
        }
        guard PQflush(pointer) >= 0 else { throw lost() }
        holdPackets(false)
        try await readPipeline(until: deadline, onOutcome: onOutcome)
    }

    /// Reads the replies that are left of a pipeline.
    func readPipeline(
        until deadline: ContinuousClock.Instant,
        onOutcome: (Int, StatementOutcome) -> Void
    ) async throws {
        var last = ContinuousClock.now
        var idleReads = 0
        beginResult()
        while let isFinished = pending?.isFinished, !isFinished {
            guard let result = try await nextResult(until: deadline) else {
                // The end of a command's results. Two in a row mean that libpq expects nothing more.
                idleReads += 1
                if idleReads > 2 || !isUsable { throw lost() }
                continue
            }
            idleReads = 0
            beginResult()
            let reply = try reply(result)
            guard let (segment, outcome) = try pending?.take(reply) else { continue }
            let now = ContinuousClock.now
            onOutcome(segment, StatementOutcome(result: outcome, duration: now - last))
            last = now
        }
        pending = nil
    }

    private func reply(_ result: OpaquePointer) throws(PostgresError) -> PipelineProgress<ServerResult>.Reply {
        switch PQresultStatus(result) {
        case PGRES_PIPELINE_SYNC:
            PQclear(result)
            return .sync
        case PGRES_PIPELINE_ABORTED:
            PQclear(result)
            return .skipped
        default:
            switch try Self.outcome(of: result, on: self) {
            case .success(let rows): return .rows(rows)
            case .failure(let error): return .failure(error)
            }
        }
    }

    private func send(_ sql: String) throws(PostgresError) {
        guard PQsendQueryParams(pointer, sql, 0, nil, nil, nil, nil, 0) == 1 else { throw lost() }
    }

    /// Sets the timeout until the end of the transaction, which is the segment. Not `SET LOCAL`, which warns there.
    private static func timeoutStatement(_ timeout: Duration) -> String {
        let milliseconds = ConnectionParameters.milliseconds(timeout)
        return "SELECT pg_catalog.set_config('statement_timeout', '\(milliseconds)', true)"
    }

    /// Takes over a result: rows, or the error that it carries.
    ///
    /// - Throws: `PostgresError` if the connection cannot be used after it.
    static func outcome(
        of result: OpaquePointer,
        on connection: ServerConnection
    ) throws(PostgresError) -> Result<ServerResult, PostgresError> {
        switch PQresultStatus(result) {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
            let rows = ServerResult(taking: result)
            guard rows.cellCount <= resultCellLimit else {
                let message = "the result has \(rows.cellCount) values; the limit is \(resultCellLimit)"
                return .failure(PostgresError(code: .tooLarge, message: message))
            }
            return .success(rows)
        case PGRES_EMPTY_QUERY:
            PQclear(result)
            return .failure(PostgresError(code: .queryFailed, message: "the query is empty"))
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
            let error = error(of: result)
            PQclear(result)
            // The server's last words, such as "terminating connection due to administrator command".
            if !connection.isUsable { throw PostgresError(code: .connectionLost, message: error.message) }
            return .failure(error)
        default:
            PQclear(result)
            throw PostgresError(code: .connectionLost, message: "a query asked for COPY, which is not supported")
        }
    }
}
