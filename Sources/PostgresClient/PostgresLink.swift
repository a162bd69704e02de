import CPostgres
package import Transport

/// A `PGconn`: how it is opened and closed, and what its errors say.
///
/// `@unchecked Sendable`, because only the connection that owns it uses it, and that is used by one task at a time: the
/// exporter's is taken out of a `SessionSlot`, the `sql` module's out of a locked state. While such a task waits in
/// `Reactor.drive`, the reactor's thread uses it instead.
package final class PostgresLink: @unchecked Sendable {
    /// The `PGconn`; it must not be used after ``finish()``.
    package let pointer: OpaquePointer
    /// What waits for its socket.
    package let reactor: Reactor
    private var isFinished = false

    private init(_ pointer: OpaquePointer, _ reactor: Reactor) {
        self.pointer = pointer
        self.reactor = reactor
        // Notices would go to standard error.
        PQsetNoticeReceiver(pointer, { _, _ in }, nil)
    }

    deinit {
        finish()
    }

    /// Connects and logs in.
    ///
    /// - Parameters:
    ///   - parameters: How to connect.
    ///   - address: One numeric address of the host; nil for a Unix socket.
    ///   - reactor: Waits for the connection.
    ///   - deadline: When to give up.
    /// - Throws: ``PostgresError`` with libpq's words, which have no secrets in them; `TransportError` at the deadline;
    ///   `CancellationError`.
    package static func open(
        _ parameters: PostgresParameters,
        address: String?,
        reactor: Reactor,
        until deadline: ContinuousClock.Instant
    ) async throws -> PostgresLink {
        let keywords = parameters.keywords(address: address)
        guard !keywords.contains(where: { $0.value.utf8.contains(0) }) else {
            throw PostgresError(code: .misused, message: "a parameter of the connection has a NUL")
        }
        let pointer = CStrings.with(keywords.map(\.keyword)) { names in
            CStrings.with(keywords.map(\.value)) { PQconnectStartParams(names, $0, 0) }
        }
        guard let pointer else { throw PostgresError(code: .cannotConnect, message: "out of memory") }
        let link = PostgresLink(pointer, reactor)
        do {
            try await link.establish(until: deadline)
            return link
        } catch {
            link.finish()
            throw error
        }
    }

    private func establish(until deadline: ContinuousClock.Instant) async throws {
        func failed() -> PostgresError { PostgresError(code: .cannotConnect, message: message) }
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
    package func finish() {
        guard !isFinished else { return }
        isFinished = true
        reactor.forget(PQsocket(pointer))
        PQfinish(pointer)
    }

    /// Whether it can still be used, as far as is known.
    package var isUsable: Bool { !isFinished && PQstatus(pointer) == CONNECTION_OK }

    /// The server's version as one number: 150018 is 15.18; 0 after the end.
    package var versionNumber: Int { isFinished ? 0 : Int(PQserverVersion(pointer)) }

    /// What cancels the present statement; nil if there is no connection.
    package var cancelKey: CancelKey? { isUsable ? CancelKey(of: pointer) : nil }

    // MARK: - Errors

    /// The connection broke.
    ///
    /// - Parameters:
    ///   - reason: Why; nil for libpq's words.
    ///   - state: The server's code, if it gave one.
    package func lost(_ reason: String? = nil, _ state: String? = nil) -> PostgresError {
        PostgresError(
            code: .connectionLost,
            message: "the connection was lost: \(reason ?? message)",
            state: state
        )
    }

    /// libpq's message on one line.
    package var message: String {
        Self.oneLine(isFinished ? "" : PQerrorMessage(pointer).map { String(cString: $0) } ?? "")
    }

    /// The error that a result carries.
    package static func error(of result: OpaquePointer) -> PostgresError {
        func field(_ value: UnsafePointer<CChar>?) -> String? { value.map { String(cString: $0) } }
        let state = field(muster_pq_error_state(result))
        guard let primary = field(muster_pq_error_message(result)) else {
            let message = PQresultErrorMessage(result).map { String(cString: $0) } ?? ""
            return PostgresError(code: .queryFailed, message: oneLine(message), state: state)
        }
        var message = "\(field(muster_pq_error_severity(result)) ?? "ERROR"): \(oneLine(primary))"
        if let position = field(muster_pq_error_position(result)) { message += " at character \(position)" }
        if let state { message += " (\(state))" }
        // 57014 is a cancellation, the server's own timeout among them.
        return PostgresError(code: state == "57014" ? .timedOut : .queryFailed, message: message, state: state)
    }

    private static func oneLine(_ text: String) -> String {
        let lines = text.split(whereSeparator: \.isNewline).map { line in line.drop { $0 == " " || $0 == "\t" } }
        return lines.isEmpty ? "no reason given" : lines.joined(separator: "; ")
    }
}
