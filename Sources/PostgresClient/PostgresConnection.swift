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
    private let link: PostgresLink
    private let pool: BlockingPool
    private var pointer: OpaquePointer { link.pointer }
    private var reactor: Reactor { link.reactor }

    private init(_ link: PostgresLink, _ pool: BlockingPool) {
        self.link = link
        self.pool = pool
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
    /// - Throws: ``PostgresError``, of several addresses that of the last one; `TransportError` at the deadline or
    ///   when there is no address; `CancellationError`.
    public static func open(
        _ parameters: PostgresParameters,
        reactor: Reactor,
        resolver: HostResolver,
        pool: BlockingPool,
        until deadline: ContinuousClock.Instant
    ) async throws -> PostgresConnection {
        let addresses: [String?] =
            parameters.isLocalSocket ? [nil] : try await resolver.addresses(of: parameters.host, until: deadline)
        var failure: any Error = PostgresError(code: .cannotConnect, message: "\(parameters.host) has no address")
        for (index, address) in addresses.enumerated() {
            let now = ContinuousClock.now
            guard now < deadline || index == 0 else { break }
            do {
                let share = now + (deadline - now) / (addresses.count - index)
                let link = try await PostgresLink.open(parameters, address: address, reactor: reactor, until: share)
                return PostgresConnection(link, pool)
            } catch let error as CancellationError {
                throw error
            } catch {
                failure = error
            }
        }
        throw failure
    }

    /// Closes the connection. Does not wait for anything; doing it twice does nothing.
    public func finish() { link.finish() }

    /// Whether it can still be used, as far as is known.
    public var isUsable: Bool { link.isUsable }

    /// Whether a transaction is open, failed or not.
    public var isInTransaction: Bool { isUsable && PQtransactionStatus(pointer) != PQTRANS_IDLE }

    /// The server's version as one number: 150018 is 15.18.
    public var versionNumber: Int { link.versionNumber }

    // MARK: - Statements

    /// Runs one statement with parameters.
    ///
    /// - Parameters:
    ///   - sql: The statement, with `$1`, `$2` ... for the parameters.
    ///   - parameters: Their values in the text format; nil is NULL.
    ///   - deadline: When to give up.
    /// - Throws: ``PostgresError``; `TransportError` at the deadline; `CancellationError`.
    @discardableResult
    public func execute(
        _ sql: String,
        _ parameters: [String?] = [],
        until deadline: ContinuousClock.Instant
    ) async throws -> PostgresRows {
        guard !sql.utf8.contains(0), !parameters.contains(where: { $0?.utf8.contains(0) ?? false }) else {
            throw PostgresError(code: .misused, message: "a parameter has a NUL, which PostgreSQL cannot store")
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
            throw PostgresError(code: .misused, message: "the statements have a NUL")
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
        guard isUsable else { throw link.lost("the connection is closed") }
        do {
            guard send() == 1 else { throw link.lost() }
            try await flush(until: deadline)
            return try await results(copying: data, until: deadline)
        } catch let error as PostgresError where [.queryFailed, .timedOut].contains(error.code) {
            // The server's word; the connection is well.
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
                guard PQconsumeInput(pointer) == 1 else { throw link.lost() }
            default: throw link.lost()
            }
        }
    }

    /// The next result; nil at the end of a statement's.
    private func result(until deadline: ContinuousClock.Instant) async throws -> OpaquePointer? {
        while PQisBusy(pointer) == 1 {
            try await reactor.wait(for: PQsocket(pointer), .readable, until: deadline)
            guard PQconsumeInput(pointer) == 1 else { throw link.lost() }
            // What is left of a TLS record is in OpenSSL, not in the socket, so the reactor would not wake for it.
            if PQsslInUse(pointer) == 1, PQisBusy(pointer) == 1, PQconsumeInput(pointer) == 0 { throw link.lost() }
        }
        return PQgetResult(pointer)
    }

    /// All results up to the end: what the last one gave, or the first error.
    private func results(copying data: [UInt8]?, until deadline: ContinuousClock.Instant) async throws -> PostgresRows {
        var rows = PostgresRows()
        var failure: PostgresError?
        var data = data
        while let result = try await result(until: deadline) {
            defer { PQclear(result) }
            switch PQresultStatus(result) {
            case PGRES_COPY_IN:
                guard let bytes = data else { throw link.lost("a statement asked for rows that there are not") }
                data = nil
                try await sendRows(bytes, until: deadline)
            case PGRES_COPY_OUT, PGRES_COPY_BOTH:
                throw link.lost("a statement sends a copy, which is not supported")
            case PGRES_TUPLES_OK, PGRES_COMMAND_OK, PGRES_EMPTY_QUERY:
                rows = Self.rows(of: result)
            default:
                failure = failure ?? PostgresLink.error(of: result)
            }
        }
        guard isUsable else { throw link.lost(failure?.message, failure?.state) }
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
            guard code >= 0 else { throw link.lost() }
            // 0 means that there was no room; nothing was taken then.
            if code == 1 { sent = end }
            try await flush(until: deadline)
        }
        while true {
            let code = PQputCopyEnd(pointer, nil)
            guard code >= 0 else { throw link.lost() }
            try await flush(until: deadline)
            if code == 1 { return }
        }
    }

    // MARK: - Errors

    /// Closes the connection, and stops at the server what was sent over it. Closing alone would not do: the server
    /// notices that only when it sends a result.
    private func abandon() {
        if isUsable, PQtransactionStatus(pointer) == PQTRANS_ACTIVE, let key = link.cancelKey {
            // Without a thread for it the statement ends at its own timeout.
            try? pool.submit { key.cancel() }
        }
        finish()
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
