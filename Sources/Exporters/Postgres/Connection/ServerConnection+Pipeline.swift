import CPostgres
import Glibc
import PostgresClient
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
        if PQpipelineStatus(pointer) == PQ_PIPELINE_OFF, PQenterPipelineMode(pointer) == 0 { throw link.lost() }
        pending = PipelineProgress(commandCounts: statements.map { $0.timeout == nil ? 1 : 2 })
        holdPackets(true)
        for statement in statements {
            if let timeout = statement.timeout { try send(SessionSettings.timeoutStatement(timeout)) }
            try send(statement.sql)
            guard muster_pq_queue_pipeline_sync(pointer) == 1 else { throw link.lost() }
        }
        guard PQflush(pointer) >= 0 else { throw link.lost() }
        holdPackets(false)
        try await readPipeline(until: deadline, onOutcome: onOutcome)
    }

    /// Reads the replies that are left of a pipeline.
    func readPipeline(
        until deadline: ContinuousClock.Instant,
        onOutcome: (Int, StatementOutcome) -> Void
    ) async throws {
        guard var progress = pending else { return }
        var last = ContinuousClock.now
        let (results, error) = await receive(.segments(progress.remaining), until: deadline)
        for result in results {
            if let (segment, outcome) = try progress.take(reply(result)) {
                onOutcome(segment, StatementOutcome(result: outcome, duration: result.time - last))
                last = result.time
            }
            pending = progress
        }
        if let error { throw error }
        pending = nil
    }

    private func reply(_ result: RawResult) throws(PostgresError) -> PipelineProgress<ServerResult>.Reply {
        switch result.status {
        case PGRES_PIPELINE_SYNC: return .sync
        case PGRES_PIPELINE_ABORTED: return .skipped
        default:
            switch try Self.outcome(of: result, on: self) {
            case .success(let rows): return .rows(rows)
            case .failure(let error): return .failure(error)
            }
        }
    }

    private func send(_ sql: String) throws(PostgresError) {
        // Passing the string itself would copy it.
        let isSent = sql.withCString { PQsendQueryParams(pointer, $0, 0, nil, nil, nil, nil, 0) == 1 }
        guard isSent else { throw link.lost() }
    }

    /// Collects what is sent into few packets. Without it every segment of a pipeline is a packet of its own.
    private func holdPackets(_ isHeld: Bool) {
        var flag: Int32 = isHeld ? 1 : 0
        // Fails for Unix sockets, which have no packets.
        _ = setsockopt(
            PQsocket(pointer),
            Int32(IPPROTO_TCP),
            TCP_CORK,
            &flag,
            socklen_t(MemoryLayout<Int32>.size)
        )
    }

    /// What a result is: rows, or the error that it carries.
    ///
    /// - Throws: `PostgresError` if the connection cannot be used after it.
    static func outcome(
        of result: RawResult,
        on connection: ServerConnection
    ) throws(PostgresError) -> Result<ServerResult, PostgresError> {
        switch result.status {
        case PGRES_TUPLES_OK, PGRES_COMMAND_OK:
            let rows = ServerResult(result)
            guard rows.cellCount <= resultCellLimit else {
                let message = "the result has \(rows.cellCount) values; the limit is \(resultCellLimit)"
                return .failure(PostgresError(code: .tooLarge, message: message))
            }
            return .success(rows)
        case PGRES_EMPTY_QUERY:
            return .failure(PostgresError(code: .queryFailed, message: "the query is empty"))
        case PGRES_FATAL_ERROR, PGRES_BAD_RESPONSE, PGRES_NONFATAL_ERROR:
            let error = PostgresLink.error(of: result.pointer)
            // The server's last words, such as "terminating connection due to administrator command".
            if !connection.isUsable, error.isFatal {
                throw PostgresError(code: .connectionLost, message: error.message, state: error.state)
            }
            return .failure(error)
        default:
            throw PostgresError(code: .connectionLost, message: "the server's reply cannot be understood")
        }
    }
}

extension PostgresError {
    /// Whether the server ended the session with it, or libpq made it up because the connection broke.
    fileprivate var isFatal: Bool { state.map { $0.hasPrefix("57P") || $0.hasPrefix("08") } ?? true }
}
