import CPostgres
import Glibc
public import Transport

/// A connection to a PostgreSQL server over libpq, none of whose calls blocks.
///
/// Every call has a deadline. When that passes, or the task is cancelled, the statement is cancelled at the server and
/// the connection is closed. An error of the server leaves it open.
///
/// `@unchecked Sendable`, because it is used by one task at a time, which the caller has to see to.
public final class PostgresConnection: @unchecked Sendable {
    let pointer: OpaquePointer
    let reactor: Reactor
    private let pool: BlockingPool
    private var isFinished = false

    private init(_ pointer: OpaquePointer, _ reactor: Reactor, _ pool: BlockingPool) {
        self.pointer = pointer
        self.reactor = reactor
        self.pool = pool
        // Notices would go to standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit {
        finish()
    }

    // MARK: - Opening and closing

    /// Connects and logs in. Every address that the host has is tried, each with its share of the time.
    ///
    /// - Parameters:
    ///   - parameters: How to connect.
    ///   - reactor: Waits for the connection.
    ///   - resolver: Looks the host up.
    ///   - pool: Where statements are cancelled, which blocks.
    ///   - deadline: When to give up.
    /// - Throws: ``PostgresClientError``, of several addresses that of the last one; `TransportError` at the deadline or
    ///   when there is no address; `CancellationError`.
    public static func open(
        _ parameters: PostgresParameters,
        reactor: Reactor,
        resolver: HostResolver,
        pool: BlockingPool,
        until deadline: ContinuousClock.Instant
    ) async throws -> PostgresConnection {
        if parameters.isLocalSocket {
            return try await open(parameters, address: nil, reactor, pool, until: deadline)
        }
        let addresses = try await resolver.addresses(of: parameters.host, until: deadline)
        var failure: any Error = PostgresClientError(code: .cannotConnect, message: "\(parameters.host) has no address")
        for (index, address) in addresses.enumerated() {
            let now = ContinuousClock.now
            guard now < deadline || index == 0 else { break }
            do {
                let share = now + (deadline - now) / (addresses.count - index)
                return try await open(parameters, address: address, reactor, pool, until: share)
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = error
            }
        }
        throw failure
    }

    private static func open(
        _ parameters: PostgresParameters,
        address: String?,
        _ reactor: Reactor,
        _ pool: BlockingPool,
        until deadline: ContinuousClock.Instant
    ) async throws -> PostgresConnection {
        let keywords = parameters.keywords(address: address)
        guard !keywords.contains(where: { $0.value.utf8.contains(0) }) else {
            throw PostgresClientError(code: .misused, message: "a parameter of the connection has a NUL")
        }
        let pointer = CStrings.with(keywords.map(\.keyword)) { names in
            CStrings.with(keywords.map(\.value)) { PQconnectStartParams(names, $0, 0) }
        }
        guard let pointer else { throw PostgresClientError(code: .cannotConnect, message: "out of memory") }
        let connection = PostgresConnection(pointer, reactor, pool)
        do {
            try await connection.establish(until: deadline)
            return connection
        } catch {
            connection.finish()
            throw error
        }
    }

    private func establish(until deadline: ContinuousClock.Instant) async throws {
        func failed() -> PostgresClientError { PostgresClientError(code: .cannotConnect, message: message) }
        guard PQstatus(pointer) != CONNECTION_BAD else { throw failed() }
        var status = PGRES_POLLING_WRITING
        while status != PGRES_POLLING_OK {
            // libpq may have closed its socket and opened another: when encryption was refused, for example.
            switch status {
            case PGRES_POLLING_READING: try await reactor.wait(for: PQsocket(pointer), .readable, until: deadline)
            case PGRES_POLLING_WRITING: try await reactor.wait(for: PQsocket(pointer), .writable, until: deadline)
            default: throw failed()
            }
            status = PQconnectPoll(pointer)
        }
        guard PQsetnonblocking(pointer, 1) == 0 else { throw failed() }
    }

    /// Closes the connection. Does not wait for anything; doing it twice does nothing.
    public func finish() {
        guard !isFinished else { return }
        isFinished = true
        reactor.forget(PQsocket(pointer))
        PQfinish(pointer)
    }

    /// Whether it can still be used, as far as is known.
    public var isUsable: Bool { !isFinished && PQstatus(pointer) == CONNECTION_OK }

    /// Whether a transaction is open, failed or not.
    public var isInTransaction: Bool { isUsable && PQtransactionStatus(pointer) != PQTRANS_IDLE }

    /// The server's version as one number: 150018 is 15.18.
    public var versionNumber: Int { isFinished ? 0 : Int(PQserverVersion(pointer)) }

    // MARK: - Statements

    /// Runs one statement with parameters.
    ///
    /// - Parameters:
    ///   - sql: The statement, with `$1`, `$2` ... for the parameters.
    ///   - parameters: Their values in the text format; nil is NULL.
    ///   - deadline: When to give up.
    /// - Throws: ``PostgresClientError``; `TransportError` at the deadline; `CancellationError`.
    @discardableResult
    public func execute(
        _ sql: String,
        _ parameters: [String?] = [],
        until deadline: ContinuousClock.Instant
    ) async throws -> PostgresRows {
        guard !sql.utf8.contains(0), !parameters.contains(where: { $0?.utf8.contains(0) ?? false }) else {
            throw PostgresClientError(code: .misused, message: "a parameter has a NUL, which PostgreSQL cannot store")
        }
        return try await perform(until: deadline) {
            CStrings.with(parameters) {
                PQsendQueryParams(self.pointer, sql, Int32(parameters.count), nil, $0, nil, nil, 0)
            }
        }
    }

    /// Runs a text with several statements, without parameters. They are one transaction, unless the text itself begins
    /// or ends some.
    ///
    /// - Returns: What the last one gave.
    /// - Throws: As ``execute(_:_:until:)``.
    @discardableResult
    public func runScript(_ sql: String, until deadline: ContinuousClock.Instant) async throws -> PostgresRows {
        guard !sql.utf8.contains(0) else {
            throw PostgresClientError(code: .misused, message: "the statements have a NUL")
        }
        return try await perform(until: deadline) { PQsendQuery(self.pointer, sql) }
    }

    /// Runs `COPY ... FROM STDIN` and sends rows for it.
    ///
    /// - Returns: How many rows the server took.
    /// - Throws: As ``execute(_:_:until:)``. When it throws the server has taken none.
    @discardableResult
    public func copy(_ sql: String, _ rows: CopyText, until deadline: ContinuousClock.Instant) async throws -> Int {
        try await perform(until: deadline, copying: rows.bytes) { PQsendQuery(self.pointer, sql) }.count
    }

    private func perform(
        until deadline: ContinuousClock.Instant,
        copying data: [UInt8]? = nil,
        send: () -> Int32
    ) async throws -> PostgresRows {
        guard isUsable else { throw lost("the connection is closed") }
        do {
            guard send() == 1 else { throw lost(message) }
            try await flush(until: deadline)
            return try await results(copying: data, until: deadline)
        } catch let error as PostgresClientError where error.code == .refused {
            throw error
        } catch {
            abandon()
            throw error
        }
    }

    // MARK: - Waiting

    /// Sends what libpq holds.
    private func flush(until deadline: ContinuousClock.Instant) async throws {
        while true {
            switch PQflush(pointer) {
            case 0: return
            case 1:
                try await reactor.wait(for: PQsocket(pointer), [.readable, .writable], until: deadline)
                // The server may be waiting for us to read.
                guard PQconsumeInput(pointer) == 1 else { throw lost(message) }
            default: throw lost(message)
            }
        }
    }

    /// The next result; nil at the end of a statement's.
    private func result(until deadline: ContinuousClock.Instant) async throws -> OpaquePointer? {
        while PQisBusy(pointer) == 1 {
            try await reactor.wait(for: PQsocket(pointer), .readable, until: deadline)
            guard PQconsumeInput(pointer) == 1 else { throw lost(message) }
            // What is left of a TLS record is in OpenSSL, not in the socket, so the reactor would not wake for it.
            if PQsslInUse(pointer) == 1, PQisBusy(pointer) == 1, PQconsumeInput(pointer) == 0 { throw lost(message) }
        }
        return PQgetResult(pointer)
    }

    /// All results up to the end: what the last one gave, or the first error.
    private func results(copying data: [UInt8]?, until deadline: ContinuousClock.Instant) async throws -> PostgresRows {
        var rows = PostgresRows()
        var failure: PostgresClientError?
        var data = data
        while let result = try await result(until: deadline) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COPY_IN:
                guard let bytes = data else { throw lost("a statement asked for rows that there are not") }
                data = nil
                try await sendRows(bytes, until: deadline)
            case PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw lost("a statement sends a copy, which is not supported")
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                rows = Self.rows(of: result)
            default:
                failure = failure ?? Self.error(of: result)
            }
        }
        guard isUsable else { throw lost(failure?.message ?? message, failure?.state) }
        if let failure { throw failure }
        return rows
    }

    private func sendRows(_ bytes: [UInt8], until deadline: ContinuousClock.Instant) async throws {
        var sent = 0
        while sent < bytes.count {
            let end = min(bytes.count, sent + (64 << 10))
            let code = bytes[sent..<end].withUnsafeBytes { buffer in
                PQputCopyData(pointer, buffer.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(buffer.count))
            }
            guard code >= 0 else { throw lost(message) }
            // 0 means that there was no room; nothing was taken then.
            if code == 1 { sent = end }
            try await flush(until: deadline)
        }
        while true {
            let code = PQputCopyEnd(pointer, nil)
            guard code >= 0 else { throw lost(message) }
            try await flush(until: deadline)
            if code == 1 { return }
        }
    }

    // MARK: - Errors

    /// Closes the connection, and stops at the server what was sent over it. Closing alone would not do: the server
    /// notices that only when it sends a result.
    private func abandon() {
        if isUsable, PQtransactionStatus(pointer) == PQTRANS_ACTIVE, let key = CancelKey(of: pointer) {
            // Without a thread for it the statement ends at its own timeout.
            try? pool.submit { key.cancel() }
        }
        finish()
    }

    private func lost(_ reason: String, _ state: String? = nil) -> PostgresClientError {
        PostgresClientError(code: .connectionLost, message: "the connection was lost: \(reason)", state: state)
    }

    /// libpq's message on one line.
    private var message: String {
        Self.oneLine(isFinished ? "" : PQerrorMessage(pointer).map { String(cString: $0) } ?? "")
    }

    private static func oneLine(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { line in line.drop { $0 == " " || $0 == "\t" } }
        return lines.isEmpty ? "no reason given" : lines.joined(separator: "; ")
    }

    private static func error(of result: OpaquePointer) -> PostgresClientError {
        let state = muster_pq_error_state(result).map { String(cString: $0) }
        guard let primary = muster_pq_error_message(result).map({ String(cString: $0) }) else {
            let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
            return PostgresClientError(code: .refused, message: oneLine(message), state: state)
        }
        let message = state.map { "\(oneLine(primary)) (\($0))" } ?? oneLine(primary)
        return PostgresClientError(code: .refused, message: message, state: state)
    }

    private static func rows(of result: OpaquePointer) -> PostgresRows {
        let columns = PQnfields(result)
        var rows: [[String?]] = []
        for row in 0..<PQntuples(result) {
            rows.append(
                (0..<columns).map { column in
                    guard PQgetisnull(result, row, column) == 0, let value = PQgetvalue(result, row, column) else {
                        return nil
                    }
                    return String(cString: value)
                }
            )
        }
        let count = PQcmdTuples(result).flatMap { Int(String(cString: $0)) } ?? rows.count
        return PostgresRows(rows: rows, count: count)
    }
}
